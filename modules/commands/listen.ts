import { deferred } from "../core/deferred.ts";
import { demo } from "../codecs/demo.ts";
import type { ExitCode } from "../core/errors.ts";
import { duration } from "../core/options.ts";
import { formatEndpoint, plural } from "../core/units.ts";
import { ListenerNode } from "../nodes/listener.ts";
import { ARBITER_DEFAULTS } from "../protocol/arbiter.ts";
import { RECOVERY_DEFAULTS } from "../protocol/recovery-client.ts";
import { startOption } from "../scenario/scenario.ts";
import { type Command, readOptions, type Values, type Words } from "./command.ts";
import { END_OPTIONS, endpointOrNone, LINE_OPTIONS, OUTPUT_OPTIONS } from "./options.ts";
import type { Shell } from "./shell.ts";
import { announce, type Facts, summarize, type Summary, tell } from "./tell.ts";
import { untilEnd } from "./until.ts";

const options = {
  ...LINE_OPTIONS,
  start: {
    value: "<first|now|seq>",
    summary: "which number to begin with; what came before is asked for",
    type: startOption(),
    fallback: "first",
  },
  recovery: {
    value: "<host:port>",
    summary: "whom to ask for lost messages, or none",
    type: endpointOrNone(),
    fallback: "127.0.0.1:7000",
  },
  gap: {
    value: "<time>",
    summary: "how long a missing message may be late before it is asked for",
    type: duration(),
    fallback: "0ms",
  },
  ...END_OPTIONS,
  ...OUTPUT_OPTIONS,
} as const;

/** Follows the demo's feed and recovers what it lost. */
export const listen: Command = {
  options,
  examples: [
    "feedlab listen",
    "feedlab listen --start now --recovery none --duration 10s",
    "feedlab listen --output json --messages 1000",
  ],
  run,
};

async function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const protocol = demo.create({}, { epochMs: Date.now() });
  const world = await shell.openWorld("real");
  const { promise, resolve } = deferred();
  const listener = await ListenerNode.open(world, {
    lines: [{ name: "A", address: { group: given.group, interface: given.interface, ttl: 1 } }],
    protocol,
    arbiter: {
      ...ARBITER_DEFAULTS,
      start: given.start === "first" ? protocol.packets.firstSeq : given.start,
      gapTimeout: given.gap,
    },
    recovery:
      given.recovery === "none" ? undefined : { server: given.recovery, policy: RECOVERY_DEFAULTS },
    deliver: () => {},
    observe: tell(shell, given),
    observePackets: !given.quiet,
  });
  listener.onProgress = () => {
    const { delivered, lost } = listener.totals;
    if (delivered + lost >= (given.messages ?? Infinity)) resolve();
  };
  try {
    return await untilEnd(world, shell, {
      done: promise,
      duration: given.duration,
      ready: () => announce(shell, given, ...greeting(given, listener)),
    });
  } finally {
    const last = summary(listener);
    await listener.close();
    summarize(shell, given, ...last);
  }
}

function greeting(
  given: Values<typeof options>,
  { lines: [line] }: ListenerNode,
): [line: string, facts: Facts] {
  const group = formatEndpoint(given.group);
  const recovery = given.recovery === "none" ? "none" : formatEndpoint(given.recovery);
  const asking = recovery === "none" ? "no recovery" : `recovery from ${recovery}`;
  return [
    `Listening to ${group} on ${given.interface}, ${asking}`,
    { group, interface: given.interface, recovery, receiveBuffer: line!.receiveBuffer },
  ];
}

function summary({ totals, lines, next }: ListenerNode): Summary {
  const { packets, malformed, duplicates } = lines[0]!;
  const { delivered, gaps, missing, filledByLine, filledByRecovery, lost } = totals;
  const open = missing - filledByLine - filledByRecovery - lost;
  const duplicate = plural(duplicates, "duplicate message");
  const rows: [string, string][] = [
    ["packets", `${packets} received, ${malformed} malformed, ${duplicate}`],
  ];
  if (gaps === 0) rows.push(["gaps", "none"]);
  else {
    rows.push(
      ["gaps", `${gaps}, of ${plural(missing, "message")} in all`],
      ["", `${filledByRecovery} recovered, ${filledByLine} came late, ${lost} lost, ${open} open`],
      ["requests", `${totals.requests} sent, ${plural(totals.unreachable, "failed connection")}`],
    );
  }
  return [
    `Delivered ${plural(delivered, "message")}${next === undefined ? "" : `; SEQ:${next} is next`}`,
    rows,
    { ...totals, open, next, lines },
  ];
}
