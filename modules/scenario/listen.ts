/** The keys of `listen:`: how a handler follows a feed. */
import * as z from "zod";
import { chance, count, duration, messages, positiveDuration, size } from "../core/options.ts";
import { formatDuration, parseDuration, UnitError } from "../core/units.ts";
import { ARBITER_DEFAULTS } from "../protocol/arbiter.ts";
import { RECOVERY_DEFAULTS } from "../protocol/recovery-client.ts";
import { SNAPSHOT_DEFAULTS } from "../protocol/snapshot-client.ts";

/** Requests that a quota can be made of: each is remembered. */
const QUOTA_MAX = 100_000;

/** With `merge`, messages between two gaps that are asked for again so that one request does. */
const MERGE_ACROSS = 32;

/** A number of messages that is not none. */
export const someMessages = () =>
  messages().refine((n) => n > 0, { error: "0 messages are no request: write 1 message or more" });

/** A system gives a socket some thousand bytes anyway. */
export const bufferSize = () => size(4096);

const backoff = z
  .string({ error: "expected two times, such as 100ms..2s" })
  .meta({ examples: ["100ms..2s"] })
  .transform((text, context) => {
    try {
      const [low, high, ...more] = text.split("..");
      if (low === undefined || high === undefined || more.length > 0) {
        throw new UnitError(`"${text}" is not two times: write them like 100ms..2s`);
      }
      return { min: parseDuration(low), max: parseDuration(high) };
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });

/** So many requests in so much time. */
export const quotaKeys = { requests: count(1, QUOTA_MAX), per: positiveDuration() };

const recover = z
  .strictObject({
    max_in_flight: count(1, 1024).default(RECOVERY_DEFAULTS.inFlightMax),
    timeout: positiveDuration().prefault(formatDuration(RECOVERY_DEFAULTS.timeout)),
    retries: count(0, 1000).default(RECOVERY_DEFAULTS.retries),
    backoff: backoff.prefault(
      [RECOVERY_DEFAULTS.backoffMin, RECOVERY_DEFAULTS.backoffMax].map(formatDuration).join(".."),
    ),
    give_up: positiveDuration().prefault(formatDuration(RECOVERY_DEFAULTS.giveUp)),
    merge: duration().optional(),
    max_request: someMessages().optional(),
    jitter: chance().optional(),
    quota: z.strictObject(quotaKeys).optional(),
  })
  .transform(({ max_in_flight, timeout, retries, backoff, give_up, merge = 0, ...rest }) => ({
    ...RECOVERY_DEFAULTS,
    inFlightMax: max_in_flight,
    timeout,
    retries,
    backoffMin: backoff.min,
    backoffMax: backoff.max,
    giveUp: give_up,
    mergeWindow: merge,
    mergeAcross: merge > 0 ? MERGE_ACROSS : 0,
    requestMax: rest.max_request ?? RECOVERY_DEFAULTS.requestMax,
    jitter: rest.jitter ?? RECOVERY_DEFAULTS.jitter,
    quota: rest.quota,
  }));

/** Where a listener begins: `first`, `now`, a number, or what a `snapshot` says. */
export const startOption = (): z.ZodType<number | "first" | "now" | "snapshot"> =>
  z.union([z.literal("first"), z.literal("now"), z.literal("snapshot"), count()], {
    error: "expected first, now, snapshot or a number",
  });

const load = z
  .strictObject({
    timeout: positiveDuration().prefault(formatDuration(SNAPSHOT_DEFAULTS.timeout)),
    retries: count(0, 1000).default(SNAPSHOT_DEFAULTS.retries),
    wait: positiveDuration().prefault(formatDuration(SNAPSHOT_DEFAULTS.wait)),
    max: someMessages().prefault(`${SNAPSHOT_DEFAULTS.messagesMax} messages`),
  })
  .transform(({ max: messagesMax, ...rest }) => ({ ...rest, messagesMax }));

/** The keys below `listen:`, or below the name of each handler in it. */
export const listen = z.strictObject(
  {
    join: duration().prefault("0ms"),
    start: startOption().default("first"),
    silence: positiveDuration().optional(),
    gap_timeout: duration().prefault(formatDuration(ARBITER_DEFAULTS.gapTimeout)),
    on_abandon: z.enum(["skip", "stop"]).default("skip"),
    receive_buffer: bufferSize().optional(),
    recover: recover.prefault({}),
    load: load.prefault({}),
  },
  {
    error: ({ code, keys }) =>
      code === "unrecognized_keys" && keys?.includes("pause")
        ? '"pause" goes below timeline: { at: 2s, do: listen.pause, for: 50ms }'
        : undefined,
  },
);

/** A handler of a feed, read. */
export type Listen = z.output<typeof listen>;

/** The keys of a handler, and what is told of elsewhere: no handler can be called so. */
export const LISTEN_KEYS: readonly string[] = [...Object.keys(listen.shape), "pause"];
