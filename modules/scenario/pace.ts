/** The keys that say how fast messages come: of the feed as a whole, and of each of its phases. */
import * as z from "zod";
import { count, paceRate, positiveDuration } from "../core/options.ts";
import { SECOND } from "../core/time.ts";
import type { Arrivals, Pace } from "../protocol/schedule/phase.ts";

const perSecond = paceRate();

const ramp = z
  .strictObject({ from: perSecond, to: perSecond })
  .meta({ examples: [{ from: "20k/s", to: "2k/s" }] })
  .refine(({ from, to }) => from + to > 0, { error: "it never leaves 0/s: write rate: 0/s" });

const burst = z
  .strictObject({ messages: count(1), every: positiveDuration() })
  .meta({ examples: [{ messages: 50, every: "1s" }] });

const rateOrMax = paceRate({ max: true });

const rate = z
  .union([z.string(), z.number(), ramp], {
    error: "expected a rate, such as 10k/s, max, or { from: 20k/s, to: 2k/s }",
  })
  .meta({ description: "a rate", examples: ["10k/s", "0/s", "max"] })
  .transform((value, context) => {
    if (typeof value === "object") return value;
    const read = rateOrMax.safeParse(value);
    if (read.success) return read.data;
    const { message } = read.error.issues[0]!;
    // Who writes a bare number may well have meant the time between two messages.
    const bare = /^\d+$/.test(String(value).trim());
    context.addIssue(bare ? `${message}, or interval: ${String(value).trim()}ms` : message);
    return z.NEVER;
  });

/** How messages come around their rate. */
export const arrivals: z.ZodType<Arrivals> = z.enum(["constant", "poisson"]);

/** `rate`, `interval` or `burst`, and `arrivals`. */
export const paceKeys = {
  rate: rate.optional(),
  interval: positiveDuration().optional(),
  burst: burst.optional(),
  arrivals: arrivals.optional(),
};

/** What stands at the keys of a pace. */
export type GivenPace = z.output<z.ZodObject<typeof paceKeys>>;

/** The keys that say how fast, of which one is wanted. */
export function pacesOf({ rate, interval, burst }: GivenPace): string[] {
  const given = Object.entries({ rate, interval, burst });
  return given.flatMap(([key, value]) => (value === undefined ? [] : [key]));
}

/** What the keys say. Without one that says how fast it is silent. */
export function readPace(name: string, given: GivenPace, arrivals: Arrivals = "constant"): Pace {
  const { rate = 0, interval, burst } = given;
  const every = burst?.every ?? interval;
  const perSecond = every === undefined ? rate : SECOND / every;
  return {
    name,
    rate: typeof perSecond === "number" ? { from: perSecond, to: perSecond } : perSecond,
    burst: burst?.messages ?? 1,
    arrivals: given.arrivals ?? arrivals,
  };
}
