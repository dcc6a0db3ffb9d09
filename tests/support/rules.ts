/** Rules as a scenario writes them, and packets to drive them with. */
import type { PacketKind } from "../../modules/codecs/codec.ts";
import { createRng } from "../../modules/core/rng.ts";
import type { Nanos } from "../../modules/core/time.ts";
import type { Emit, Impairment, PacketRef } from "../../modules/impairments/impairment.ts";
import type { RuleCount } from "../../modules/protocol/tap.ts";
import { Tap } from "../../modules/protocol/tap.ts";
import { readDocument } from "../../modules/scenario/document/mod.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { rule } from "../../modules/scenario/impair.ts";
import { createRules, nameRules, type ReadRule } from "../../modules/scenario/rules.ts";
import type { Phases } from "../../modules/scenario/selectors.ts";
import { frames } from "./frames.ts";

/** How many packets a statistic is taken over. */
export const MILLION = 1_000_000;

/** Reads a rule, or throws what is wrong with it. */
export function readRule(yaml: string): ReadRule {
  const { value, problems } = readDocument(yaml, "rule", rule);
  if (value === undefined) throw new Error(formatProblems(problems));
  return value;
}

/** What is wrong with a rule, one line each, without the places. */
export function mistakesIn(yaml: string): string[] {
  return readDocument(yaml, "rule", rule).problems.map(({ path, message, hint }) => {
    const about = path === "" ? "" : `${path}: `;
    return hint === undefined ? about + message : `${about}${message}; ${hint}`;
  });
}

/** The effect of a rule, without its selectors. */
export function createImpairment(yaml: string, seed = "seed"): Impairment {
  const { definition, options } = readRule(yaml);
  return definition.create(options, { rng: createRng(seed) });
}

/** What the effect of a rule is called. */
export function labelOf(yaml: string): string {
  const { definition, options } = readRule(yaml);
  return definition.label(options);
}

/** A packet with one message, the nth of the run, unless told otherwise. */
export function packetOf(msg: number, more: Partial<PacketRef> = {}): PacketRef {
  const bytes = new TextEncoder().encode(`SEQ:${msg}|PRICE:${100 + msg}`);
  return { bytes, kind: "data", seq: msg, count: 1, msg, ordinal: msg, dueNs: msg, ...more };
}

/** A packet without messages that stands before the nth message. */
export function emptyOf(msg: number, kind: PacketKind, dueNs: Nanos = msg): PacketRef {
  return packetOf(msg, { kind, count: 0, dueNs });
}

/** Calls `visit` for each of so many packets with whether it was lost, in order. */
export function eachFate(yaml: string, count: number, visit: (lost: boolean) => void): void {
  const impairment = createImpairment(yaml);
  const bytes = new Uint8Array(100);
  let left = false;
  const emit: Emit = () => (left = true);
  for (let msg = 1; msg <= count; msg++) {
    left = false;
    impairment.apply(
      { bytes, kind: "data", seq: msg, count: 1, msg, ordinal: msg, dueNs: msg },
      msg,
      emit,
    );
    visit(!left);
  }
}

/** The numbers of 1..count that are lost. */
export function lostOf(yaml: string, count: number): number[] {
  const lost: number[] = [];
  let msg = 0;
  eachFate(yaml, count, (isLost) => {
    msg++;
    if (isLost) lost.push(msg);
  });
  return lost;
}

/** Something that left a line: its number, when, and what it was when it was not data. */
export type Left = readonly [msg: number, at: Nanos, kind?: PacketKind];

/** What became of packets that went through the rules of a line, each at the time it was due. */
export interface Passage {
  readonly left: Left[];
  readonly dropped: [msg: number, rule: string][];
  readonly counts: readonly RuleCount[];
}

/** Sends packets through rules; the end comes with the last of them. */
export function passThrough(
  rules: readonly string[],
  packets: readonly PacketRef[],
  {
    seed = "seed",
    line = "A",
    phases = new Map(),
  }: { seed?: string; line?: string; phases?: Phases } = {},
): Passage {
  const left: Left[] = [];
  const dropped: [number, string][] = [];
  const tap = new Tap(
    createRules(nameRules(rules.map(readRule)), seed, line, phases),
    {
      send: ({ msg, kind }, now) => left.push(kind === "data" ? [msg, now] : [msg, now, kind]),
      dropped: ({ msg }, rule) => dropped.push([msg, rule]),
      touched: () => {},
    },
    undefined,
    frames(),
  );
  const until = (now: Nanos): void => {
    while (tap.deadline() <= now) tap.onDeadline(tap.deadline());
  };
  for (const packet of packets) {
    until(packet.dueNs);
    tap.onPacket(packet, packet.dueNs);
  }
  tap.onEnd(packets.at(-1)?.dueNs ?? 0);
  until(Number.MAX_VALUE);
  return { left, dropped, counts: tap.counts };
}
