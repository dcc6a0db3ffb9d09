import { deferred } from "../core/deferred.ts";
import * as z from "zod";
import { demo } from "../codecs/demo.ts";
import { type ExitCode, UserError } from "../core/errors.ts";
import { count, positiveDuration, rate } from "../core/options.ts";
import { formatRange } from "../core/seq.ts";
import { type Cancel, MILLISECOND, type Nanos, SECOND } from "../core/time.ts";
import { formatDuration, formatRate, plural } from "../core/units.ts";
import { Publisher } from "../nodes/publisher.ts";
import { RecoveryNode } from "../nodes/recovery.ts";
import { steady } from "../protocol/schedule.ts";
import { price } from "../sources/price.ts";
import { createRules } from "../scenario/rules.ts";
import { MemoryStore } from "../stores/memory.ts";
import type { World } from "../worlds/world.ts";
import { type Command, readOptions, type Words } from "./command.ts";
import {
  dropOption,
  END_OPTIONS,
  endpointOrNone,
  LINE_OPTIONS,
  OUTPUT_OPTIONS,
} from "./options.ts";
import type { Shell } from "./shell.ts";
import { summarize, type Summary, tell } from "./tell.ts";
import { untilEnd } from "./until.ts";

const INTERVAL_DEFAULT: Nanos = 500 * MILLISECOND;

/** After the last message, how long its recovery server waits for one more request. */
const RECOVERY_LINGER: Nanos = 2 * SECOND;

const options = {
  ...LINE_OPTIONS,
  ttl: { value: "<hops>", summary: "how far packets may go", type: count(1, 255), fallback: "1" },
  interval: {
    value: "<time>",
    summary: "time from message to message (default: 500ms)",
    type: positiveDuration(),
  },
  rate: { value: "<rate>", summary: "messages a second, instead of --interval", type: rate() },
  ...END_OPTIONS,
  first: { value: "<seq>", summary: "number of the first message", type: count(), fallback: "1" },
  drop: {
    value: "<loss>",
    summary: "every:5, seq:10,15..20, chance:1% or none",
    type: dropOption(),
    fallback: "every:5",
  },
  seed: { value: "<text>", summary: "what chance begins with (default: fresh)", type: z.string() },
  recovery: {
    value: "<host:port>",
    summary: "also answer for lost messages here, or none",
    type: endpointOrNone(),
    fallback: "none",
  },
  ...OUTPUT_OPTIONS,
} as const;

/** Publishes the demo's feed. */
export const serve: Command = {
  options,
  examples: [
    "feedlab serve",
    "feedlab serve --rate 100/s --messages 1000 --drop chance:1% --seed 7",
    "feedlab serve --drop seq:10,15..20 --recovery 127.0.0.1:7000",
  ],
  run,
};

async function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  if (given.interval !== undefined && given.rate !== undefined) {
    throw new UserError("--interval and --rate both say how fast: give one of them");
  }
  const perSecond = given.rate ?? SECOND / (given.interval ?? INTERVAL_DEFAULT);
  const seed = given.seed ?? shell.freshSeed();
  const { packets, recovery } = demo.create({});
  const observe = tell(shell, given);
  const world = shell.openWorld("real");
  const store = new MemoryStore(given.first);
  const server =
    given.recovery === "none"
      ? undefined
      : await RecoveryNode.open(world, {
          listen: given.recovery,
          codec: recovery,
          store,
          observe,
        });
  try {
    const publisher = await Publisher.open(world, {
      lines: [
        {
          name: "A",
          address: { group: given.group, interface: given.interface, ttl: given.ttl },
          rules: createRules(given.drop === "none" ? [] : [given.drop], seed, "A"),
        },
      ],
      codec: packets,
      source: price.create({}),
      store,
      schedule: steady(perSecond),
      end: { messages: given.messages ?? Infinity, duration: given.duration ?? Infinity },
      observe,
      observePackets: !given.quiet,
    });
    publisher.start();
    const done = publisher.done.then(() => lastRequests(server, world));
    const code = await untilEnd(world, shell, done);
    await publisher.close();
    summarize(shell, given, ...summary(publisher, perSecond, seed));
    return code;
  } finally {
    await server?.close();
  }
}

/** Stays while requests come: the last gap shows only after the last message. */
async function lastRequests(server: RecoveryNode | undefined, world: World): Promise<void> {
  if (server === undefined) return;
  const { promise, resolve } = deferred();
  let cancel: Cancel = () => {};
  const wait = (): void => {
    cancel();
    cancel = world.clock.at(world.clock.now() + RECOVERY_LINGER, resolve);
  };
  server.onProgress = wait;
  wait();
  await promise;
}

function summary(publisher: Publisher, rateWanted: number, seed: string): Summary {
  const { first, next, rateAchieved, lateness } = publisher;
  const { packets } = publisher.lines[0]!;
  const messages = next - first;
  const rules = publisher.counts[0]!.map(({ name, hits, seen }) => ({ name, hits, seen }));
  const numbers = messages === 0 ? "" : `: SEQ:${formatRange({ from: first, until: next })}`;
  const rows: [string, string][] = [["packets sent", String(packets)]];
  for (const { name, hits, seen } of rules) {
    rows.push([name, `${hits} of ${plural(seen, "packet")}`]);
  }
  if (lateness.count > 1) {
    const late = (share: number): string => formatDuration(lateness.percentile(share));
    rows.push(
      ["rate", `${formatRate(rateAchieved)} (wanted ${formatRate(rateWanted)})`],
      ["late", `p50 ${late(0.5)}, p99 ${late(0.99)}, max ${formatDuration(lateness.max)}`],
    );
  }
  rows.push(["seed", seed]);
  const facts = { messages, next, packets, rules, rateAchieved, rateWanted, seed };
  return [`Published ${plural(messages, "message")}${numbers}`, rows, facts];
}
