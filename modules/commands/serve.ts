import { deferred } from "../core/deferred.ts";
import * as z from "zod";
import { demo } from "../codecs/demo.ts";
import { EXIT, type ExitCode, UserError } from "../core/errors.ts";
import { count, positiveDuration, rate } from "../core/options.ts";
import { createRng } from "../core/rng.ts";
import { formatRange, type Seq } from "../core/seq.ts";
import { type Cancel, MILLISECOND, type Nanos, SECOND } from "../core/time.ts";
import { formatDuration, formatEndpoint, formatRate, plural } from "../core/units.ts";
import { Publisher } from "../nodes/publisher.ts";
import { RecoveryNode } from "../nodes/recovery.ts";
import type { FeedEnd } from "../protocol/feed.ts";
import { createSchedule } from "../protocol/schedule.ts";
import { messagesOf, type Phase, phaseUntil } from "../protocol/schedule/phase.ts";
import type { FeedSpan } from "../scenario/checks.ts";
import { feed } from "../scenario/feed.ts";
import { noFiles } from "../scenario/files.ts";
import { feedParts } from "../scenario/open.ts";
import { createRules, type NamedRule, nameRules } from "../scenario/rules.ts";
import { NO_PHASES } from "../scenario/selectors.ts";
import { MemoryStore } from "../stores/memory.ts";
import type { World } from "../worlds/world.ts";
import { type Command, readOptions, type Values, type Words } from "./command.ts";
import {
  choice,
  dropOption,
  END_OPTIONS,
  endpointOrNone,
  LINE_OPTIONS,
  OUTPUT_OPTIONS,
} from "./options.ts";
import type { Shell } from "./shell.ts";
import { announce, type Facts, summarize, type Summary, tell } from "./tell.ts";
import { untilEnd } from "./until.ts";

const INTERVAL_DEFAULT: Nanos = 500 * MILLISECOND;

/** What is lost when nobody says anything of it. */
const DROP_DEFAULT = "every:5";

/** The one line of the feed. */
const LINE = "A";

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
  arrivals: {
    value: "<constant|poisson>",
    summary: "evenly, or as chance has it around that rate",
    type: choice("constant", "poisson"),
    fallback: "constant",
  },
  ...END_OPTIONS,
  first: { value: "<seq>", summary: "number of the first message", type: count(), fallback: "1" },
  drop: {
    value: "<loss>",
    summary: `every:5, seq:10,15..20, chance:1% or none (default: ${DROP_DEFAULT}, or none beside --impair)`,
    type: dropOption(),
  },
  impair: {
    value: "<rule>",
    summary: "a rule, as below impair: in a scenario; any number of times",
    type: z.string(),
    many: true,
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
    "feedlab serve --impair 'drop: { chance: 1% }' --impair 'delay: { by: 1ms }'",
  ],
  run,
};

async function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  if (given.interval !== undefined && given.rate !== undefined) {
    throw new UserError("--interval and --rate both say how fast: give one of them");
  }
  const perSecond = given.rate ?? SECOND / (given.interval ?? INTERVAL_DEFAULT);
  const { arrivals, seed = shell.freshSeed() } = given;
  const { packets, recovery } = demo.create({}, { epochMs: Date.now() });
  const end = { messages: given.messages ?? Infinity, duration: given.duration ?? Infinity };
  const pace = { name: "", rate: { from: perSecond, to: perSecond }, burst: 1, arrivals };
  const phase = phaseUntil(pace, end);
  const rules = await readRules(given, spanOf(given.first, phase, end), shell);
  if (rules === undefined) return EXIT.usage;
  const observe = tell(shell, given);
  const world = await shell.openWorld("real");
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
          name: LINE,
          address: { group: given.group, interface: given.interface, ttl: given.ttl },
          rules: createRules(rules, seed, LINE, NO_PHASES),
          skew: 0,
        },
      ],
      codec: packets,
      source: feedParts({ feed: feed.parse({ messages: 1 }), open: noFiles }, seed).createSource(),
      store,
      schedule: createSchedule([phase], createRng(seed).fork("arrivals")),
      end,
      observe,
      observePackets: !given.quiet,
    });
    publisher.start();
    const done = publisher.done.then(() => lastRequests(server, world));
    const code = await untilEnd(world, shell, {
      done,
      ready: () => announce(shell, given, ...greeting(given, perSecond, publisher)),
    });
    await publisher.close();
    summarize(shell, given, ...summary(publisher, perSecond, seed));
    return code;
  } finally {
    await server?.close();
  }
}

/** What is known of the feed before it begins. */
function spanOf(first: Seq, phase: Phase, end: FeedEnd): FeedSpan {
  const messages = Math.min(end.messages, messagesOf(phase) ?? Infinity);
  return { first, messages, untilNs: phase.length, batch: 1, heartbeats: false };
}

/** The rules of the line, or undefined when they are wrong and that has been shown. */
async function readRules(
  { drop, impair }: Pick<Values<typeof options>, "drop" | "impair">,
  feed: FeedSpan,
  shell: Shell,
): Promise<readonly NamedRule[] | undefined> {
  const loss = drop ?? (impair.length === 0 ? dropOption().parse(DROP_DEFAULT) : "none");
  const above = loss === "none" ? [] : [loss];
  if (impair.length === 0) return nameRules(above);
  // Only here, for it reads YAML.
  const inline = await import("../scenario/inline.ts");
  const context = { lines: [LINE], phases: NO_PHASES, feed };
  const { rules, problems } = inline.readInlineRules(impair, "--impair", above, context);
  if (problems.length > 0) shell.err(inline.formatInline(problems, shell.columns));
  if (rules === undefined) shell.err(inline.formatSummary(problems));
  return rules;
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

function greeting(
  given: Values<typeof options>,
  perSecond: number,
  { lines: [line] }: Publisher,
): [line: string, facts: Facts] {
  const group = formatEndpoint(given.group);
  const recovery = given.recovery === "none" ? "none" : formatEndpoint(given.recovery);
  const answering = recovery === "none" ? "" : `, answering on ${recovery}`;
  return [
    `Publishing to ${group} on ${given.interface}, ${formatRate(perSecond)}${answering}`,
    {
      group,
      interface: given.interface,
      ratePerSecond: perSecond,
      recovery,
      sendBuffer: line!.sendBuffer,
    },
  ];
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
