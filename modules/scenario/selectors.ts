/** The keys that stand beside an effect and say for which packets it is. All of them must match. */
import * as z from "zod";
import type { PacketKind } from "../codecs/codec.ts";
import { UserError } from "../core/errors.ts";
import { count, oneOrMore, seqs, timeWindow } from "../core/options.ts";
import { didYouMean } from "../core/registry.ts";
import type { TimeWindow } from "../core/time.ts";
import { ALL_KINDS, type PacketRef, wireSeqOf } from "../impairments/impairment.ts";

/** What `type:` calls the kinds of packets. */
const TYPES = {
  data: "data",
  heartbeat: "heartbeat",
  end: "end-of-session",
  reset: "reset",
} as const;

type Type = keyof typeof TYPES;

const type: z.ZodType<Type> = z.enum(Object.keys(TYPES) as [Type, ...Type[]]);

/** The selectors as they are written. */
export const selectorKeys = {
  line: oneOrMore(z.string().min(1)).optional(),
  phase: oneOrMore(z.string().min(1)).optional(),
  time: timeWindow().optional(),
  seq: seqs().optional(),
  msg: seqs().optional(),
  type: oneOrMore(type).optional(),
  session: oneOrMore(z.union([count(1), z.string().min(1)])).optional(),
  max: count(1).optional(),
  unit: z.enum(["packet", "message"]).optional(),
};

/** The selectors of a rule. One that is absent asks nothing. */
export type Selectors = z.output<z.ZodObject<typeof selectorKeys>>;

/** When each phase of a feed begins and ends, by its name. */
export type Phases = ReadonlyMap<string, TimeWindow>;

/** The kinds of packets that a rule is for; `usual` are those of its effect. */
export function selectedKinds(
  { type }: Selectors,
  usual: readonly PacketKind[],
): readonly PacketKind[] {
  return type?.map((name) => TYPES[name]) ?? usual;
}

/** The phase of that name; a UserError where there is none. */
export function phaseNamed(name: string, phases: Phases): TimeWindow {
  const window = phases.get(name);
  if (window === undefined) throw new UserError(noPhase(name, phases));
  return window;
}

/** What to say of a phase that is not there. */
export function noPhase(name: string, phases: Phases): string {
  const known = [...phases.keys()];
  return known.length === 0
    ? `no phase ${JSON.stringify(name)}: the feed has no phases`
    : `no phase ${JSON.stringify(name)}${didYouMean(name, known)}`;
}

/** What to say of a line that is not there. */
export function noLine(name: string, known: readonly string[]): string {
  return `no line ${JSON.stringify(name)}${didYouMean(name, known)}`;
}

/**
 * Whether a packet is selected; undefined when every one is. Times are those of the schedule. A
 * packet without messages carries no numbers, so `seq` and `msg` never select it.
 */
export function selecting(
  selectors: Selectors,
  usual: readonly PacketKind[],
  phases: Phases,
): ((packet: PacketRef) => boolean) | undefined {
  const { phase, time, seq, msg, session } = selectors;
  const kinds = selectedKinds(selectors, usual);
  const windows = phase?.map((name) => phaseNamed(name, phases));
  const tests: ((packet: PacketRef) => boolean)[] = [];
  if (!ALL_KINDS.every((kind) => kinds.includes(kind))) {
    tests.push(({ kind }) => kinds.includes(kind));
  }
  if (time !== undefined) tests.push((packet) => isDueIn(packet, time));
  if (windows !== undefined) tests.push((packet) => windows.some((w) => isDueIn(packet, w)));
  if (seq !== undefined) {
    tests.push((packet) => {
      const from = wireSeqOf(packet);
      return seq.overlaps(from, from + packet.count);
    });
  }
  if (session !== undefined) {
    tests.push(({ session: own }) =>
      session.some((wanted) => wanted === (own?.ordinal ?? 1) || wanted === own?.name),
    );
  }
  if (msg !== undefined)
    tests.push((packet) => msg.overlaps(packet.msg, packet.msg + packet.count));
  const [only, ...others] = tests;
  if (only === undefined || others.length === 0) return only;
  return (packet) => tests.every((test) => test(packet));
}

/** Whether a packet was due in a window of the schedule. */
export function isDueIn({ dueNs }: PacketRef, { from, until }: TimeWindow): boolean {
  return dueNs >= from && dueNs < until;
}
