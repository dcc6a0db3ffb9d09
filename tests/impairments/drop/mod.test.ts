import { test } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as fc from "fast-check";
import { drop, lossModels } from "../../../modules/impairments/drop/mod.ts";
import type { PacketRef } from "../../../modules/impairments/impairment.ts";
import { feeds, impaired, packetOf } from "../../support/impaired.ts";
import { type Left, passThrough } from "../../support/rules.ts";

/** The numbers of 1..count that are lost, one message a packet. */
function lost(yaml: string, count: number, seed?: string): number[] {
  const impairment = impaired(yaml).create(seed);
  const numbers: number[] = [];
  for (let seq = 1; seq <= count; seq++) {
    let left = false;
    impairment.apply(packetOf(seq), seq, () => (left = true));
    if (!left) numbers.push(seq);
  }
  return numbers;
}

test("every: the fifth, the tenth, ...", () => {
  assertEquals(lost("drop: { every: 5 }", 22), [5, 10, 15, 20]);
  assertEquals(lost("drop: { every: 1 }", 3), [1, 2, 3]);
  assertEquals(lost("drop: { every: 10k }", 9999), []);
});

test("every: counts packets, whatever their numbers are", () => {
  const impairment = impaired("drop: { every: 2 }").create();
  const passed: number[] = [];
  for (const seq of [5, 5, 9, 1]) {
    impairment.apply(packetOf(seq, 3), 0, (packet) => passed.push(packet.seq));
  }
  assertEquals(passed, [5, 9]);
});

test("every: two rules count each for itself", () => {
  const { create } = impaired("drop: { every: 2 }");
  const [one, other] = [create(), create()];
  const passed: string[] = [];
  one.apply(packetOf(1), 0, () => passed.push("one"));
  other.apply(packetOf(1), 0, () => passed.push("other"));
  one.apply(packetOf(2), 0, () => passed.push("one again"));
  assertEquals(passed, ["one", "other"]);
});

test("seq: these numbers, ranges with both ends in", () => {
  assertEquals(lost("drop: { seq: [10, 15..17] }", 30), [10, 15, 16, 17]);
  assertEquals(lost("drop: { seq: 7 }", 30), [7]);
  assertEquals(lost("drop: { seq: 28.. }", 30), [28, 29, 30]);
});

test("seq: a packet is lost when it carries any of the numbers, each time it is sent", () => {
  const impairment = impaired("drop: { seq: 10 }").create();
  const passed: number[][] = [];
  for (const [seq, count] of [
    [7, 3],
    [8, 3],
    [10, 1],
    [10, 5],
    [11, 5],
    [10, 1],
  ] as const) {
    impairment.apply(packetOf(seq, count), 0, (packet) => passed.push([packet.seq, packet.count]));
  }
  assertEquals(passed, [
    [7, 3],
    [11, 5],
  ]);
});

test("chance: the share that was asked for, within three standard deviations", () => {
  const N = 1_000_000;
  for (const p of [0.001, 0.03, 0.5]) {
    const share = lost(`drop: { chance: ${p * 100}% }`, N, "a million").length / N;
    // The share of n independent draws has a standard deviation of sqrt(p (1 - p) / n).
    assert(Math.abs(share - p) < 3 * Math.sqrt((p * (1 - p)) / N), `${share} of ${p}`);
  }
});

test("chance: never, always, and another seed spoils other packets", () => {
  assertEquals(lost("drop: { chance: 0% }", 1000), []);
  assertEquals(lost("drop: { chance: 100% }", 1000).length, 1000);
  const some = "drop: { chance: 10% }";
  assertNotEquals(lost(some, 1000, "one"), lost(some, 1000, "two"));
});

test("chance: what one packet draws does not move what the next one draws", () => {
  const rare = lost("drop: { chance: 10% }", 1000);
  const common = new Set(lost("drop: { chance: 20% }", 1000));
  assert(rare.every((seq) => common.has(seq)));
});

for (const { example } of lossModels) {
  test(`${example}: heartbeats pass at once, and move neither count nor chance`, () =>
    fc.assert(
      fc.property(feeds, fc.string(), (feed, seed) => {
        const packets = feed.map(({ packet }) => packet);
        const whole = passThrough([example], packets, { seed });
        const isData = ({ kind }: PacketRef): boolean => kind === "data";
        const data = passThrough([example], packets.filter(isData), { seed });
        assertEquals(whole.dropped, data.dropped);
        assertEquals(whole.counts, data.counts);
        assertEquals(
          whole.left.filter(([, , kind]) => kind !== undefined),
          packets
            .filter((packet) => !isData(packet))
            .map(({ msg, dueNs, kind }): Left => [msg, dueNs, kind]),
        );
      }),
    ));
}

test("what passes leaves at once, in the bytes it came in", () => {
  const packet = packetOf(1);
  impaired("drop: { every: 2 }")
    .create()
    .apply(packet, 7, (leaving, at) => {
      assert(leaving === packet);
      assertEquals(at, 7);
    });
});

test("a rule without a name is called after its model", () => {
  const label = (given: unknown): string => drop.label(drop.options.parse(given));
  assertEquals(label({ every: 5 }), "drop every 5");
  assertEquals(label({ seq: [10, "15..20"] }), "drop seq 10, 15..20");
  assertEquals(label({ chance: "0.01%" }), "drop chance 0.01%");
});

const MODELS =
  "drop takes exactly one of: every, seq, msg, chance, gilbert_elliott, markov4, trace";

test("what cannot be dropped is refused", () => {
  const wrong = (given: unknown): string =>
    drop.options.safeParse(given).error?.issues[0]?.message ?? "";
  assertEquals(wrong({}), MODELS);
  assertEquals(wrong({ every: 5, chance: "1%" }), MODELS);
  assertEquals(wrong({ seq: "x" }), '"x" is not a set of numbers: write 10, 15..20 or 1000..');
  assertEquals(
    wrong({ chance: 0.01 }),
    '"0.01" is not a chance: write it in percent, like 1% or 0.01%',
  );
});
