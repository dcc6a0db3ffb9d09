import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { PacketKind } from "../../modules/codecs/codec.ts";
import { MILLISECOND, type Nanos } from "../../modules/core/time.ts";
import { lossModels } from "../../modules/impairments/drop/mod.ts";
import type { Impairment, PacketRef } from "../../modules/impairments/impairment.ts";
import { impairments } from "../../modules/impairments/mod.ts";
import { createImpairment, packetOf, passThrough, readRule } from "../support/rules.ts";

/** Every example of the registries, and other forms of the same: each must keep the promises. */
const EXAMPLES: readonly string[] = [
  ...impairments.map(({ example }) => example),
  ...lossModels.map(({ example }) => example),
  "drop: { every: { n: 3, from: 5 } }",
  "drop: { chance: 30%, correlation: 50% }",
  "drop: { gilbert_elliott: { p: 20%, r: 30%, bad: 80%, good: 5% } }",
  "delay: { by: 1ms, jitter: 5ms }",
  "delay: { by: 1ms, jitter: 5ms, distribution: normal, correlation: 25%, keep_order: true }",
  "delay: { by: 1ms, jitter: 5ms, distribution: paretonormal }",
  "reorder: { chance: 30%, by: 2 packets }",
  "reorder: { every: 3, by: 5ms }",
  "duplicate: { every: 2 }",
  "corrupt: { every: 2, bits: 5 }",
  "truncate: { every: 2 }",
  "throttle: { rate: 100kbit/s, queue: 3 packets }",
  "blackout: { time: 5ms..20ms }",
  "hold: { time: 5ms..20ms }",
];

/** Each run makes a table or two. */
const RUNS = { numRuns: 40 };

/** Packets as they come to a rule: in the order of their times, some of them selected. */
interface Arrival {
  readonly packet: PacketRef;
  readonly at: Nanos;
  readonly selected: boolean;
}

const arrivals: fc.Arbitrary<Arrival[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<PacketKind>("data", "data", "data", "heartbeat", "end-of-session"),
      count: fc.integer({ min: 1, max: 4 }),
      wait: fc.nat(3 * MILLISECOND),
      size: fc.integer({ min: 0, max: 40 }),
      selected: fc.boolean(),
    }),
    { maxLength: 50 },
  )
  .map((steps) => {
    let msg = 1;
    let at = 0;
    return steps.map(({ kind, count: messages, wait, size, selected }) => {
      at += wait;
      const count = kind === "data" ? messages : 0;
      const bytes = Uint8Array.from({ length: size }, (_, i) => msg + i);
      const packet = packetOf(msg, { kind, count, bytes, dueNs: at });
      msg += count;
      return { packet, at, selected };
    });
  });

/** One departure as text: what a property compares. */
interface Departure {
  readonly text: string;
  readonly at: Nanos;
  /** When the call came that it left in. */
  readonly calledAt: Nanos;
}

/** Takes packets in, then ends. Lent bytes are wiped after each call: who kept them is found out. */
function drive(impairment: Impairment, feed: readonly Arrival[]): Departure[] {
  const left: Departure[] = [];
  let calledAt = 0;
  const emit = ({ kind, msg, bytes }: PacketRef, at: Nanos): void =>
    void left.push({ text: `${kind} ${msg} ${bytes.join()}`, at, calledAt });
  for (const { packet, at, selected } of feed) {
    calledAt = at;
    const lent = { ...packet, bytes: packet.bytes.slice() };
    if (selected) impairment.apply(lent, at, emit);
    else if (impairment.onBypass !== undefined) impairment.onBypass(lent, at, emit);
    else emit(lent, at);
    assertEquals(lent.bytes, packet.bytes, "bytes that were given are as they were");
    lent.bytes.fill(0xee);
  }
  impairment.flush?.(calledAt, emit);
  assertEquals(impairment.held ?? 0, 0, "nothing stays behind");
  return left;
}

for (const example of new Set(EXAMPLES)) {
  test(`${example}: leaves no earlier than it came, edits nothing, keeps nothing`, () =>
    fc.assert(
      fc.property(arrivals, fc.string(), (feed, seed) => {
        const texts = new Map<string, Nanos>();
        for (const { packet, at } of feed) {
          const about = `${packet.kind} ${packet.msg}`;
          texts.set(about, Math.min(at, texts.get(about) ?? Infinity));
        }
        for (const { text, at, calledAt } of drive(createImpairment(example, seed), feed)) {
          assert(at >= calledAt, `left at ${at}, called at ${calledAt}`);
          const came = texts.get(text.split(" ").slice(0, 2).join(" "));
          assert(came !== undefined && at >= came, "what leaves has come before");
        }
      }),
      RUNS,
    ));

  test(`${example}: who is not selected leaves once, at once, unchanged`, () =>
    fc.assert(
      fc.property(arrivals, (feed) => {
        const others = feed.map((arrival) => ({ ...arrival, selected: false }));
        const wanted = others.map(({ packet: { kind, msg, bytes }, at }) => ({
          text: `${kind} ${msg} ${bytes.join()}`,
          at,
          calledAt: at,
        }));
        assertEquals(drive(createImpairment(example), others), wanted);
      }),
      RUNS,
    ));

  test(`${example}: the same seed does the same`, () =>
    fc.assert(
      fc.property(arrivals, fc.string(), (feed, seed) =>
        assertEquals(
          drive(createImpairment(example, seed), feed),
          drive(createImpairment(example, seed), feed),
        ),
      ),
      RUNS,
    ));

  test(`${example}: another rule above that touches nothing moves none of its draws`, () => {
    const feed = Array.from({ length: 300 }, (_, i) => packetOf(i + 1, { dueNs: i * MILLISECOND }));
    const alone = passThrough([example], feed);
    const idle = "{ name: idle, drop: { chance: 50% }, type: heartbeat }";
    // It draws, but loses nothing.
    const drawing = "{ name: drawing, drop: { chance: 0% } }";
    const below = passThrough([idle, drawing, example], feed);
    assertEquals(below.left, alone.left);
    assertEquals(below.dropped, alone.dropped);
    assertEquals(below.counts.slice(2), alone.counts);
  });
}

test("each line, each name and each seed has a chance of its own", () => {
  const feed = Array.from({ length: 500 }, (_, i) => packetOf(i + 1, { dueNs: i * MILLISECOND }));
  for (const example of ["drop: { chance: 10% }", "delay: { by: 1ms, jitter: 100us }"]) {
    const results = [
      passThrough([example], feed),
      passThrough([example], feed, { line: "B" }),
      passThrough([example], feed, { seed: "other" }),
      passThrough([`{ name: other, ${example} }`], feed),
    ].map(({ left }) => String(left));
    assertEquals(new Set(results).size, results.length);
  }
});

test("each definition says what packets it is for, and reads its own example", () => {
  for (const definition of impairments) {
    assert(definition.kinds.includes("data"), definition.name);
    assertEquals(readRule(definition.example).definition, definition);
  }
});
