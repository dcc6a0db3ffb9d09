import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { LineLoss } from "../../modules/protocol/line-loss.ts";

void test("what a line jumps over is lost, and a late copy mends it", () => {
  const line = new LineLoss();
  line.onPacket(10, 2);
  assertEquals(line.lost, 0, "what came before the first packet was never to be heard");
  line.onPacket(15, 1);
  assertEquals(line.lost, 3);
  line.onPacket(13, 1);
  assertEquals(line.lost, 2);
  line.onPacket(13, 1);
  assertEquals(line.lost, 2, "a second copy mends nothing");
});

void test("a heartbeat shows that the tail is missing", () => {
  const line = new LineLoss();
  line.onPacket(1, 3);
  line.onPacket(4, 0);
  assertEquals(line.lost, 0);
  line.onPacket(6, 0);
  assertEquals(line.lost, 2);
});

void test("a line that misses the first packets owes what another line has shown", () => {
  const line = new LineLoss();
  line.begin(1);
  line.begin(3);
  line.onPacket(5, 1);
  assertEquals(line.lost, 4);
});

void test("a line that is behind the first packet of another one owes nothing for it", () => {
  const line = new LineLoss();
  line.begin(8);
  line.onPacket(6, 2);
  line.onPacket(8, 1);
  assertEquals(line.lost, 0);
});

void test("holes beyond those that are remembered stay lost", () => {
  const line = new LineLoss(2);
  for (const seq of [1, 3, 5, 7]) line.onPacket(seq, 1);
  assertEquals(line.lost, 3);
  line.onPacket(2, 1);
  assertEquals(line.lost, 3, "the oldest is forgotten");
  line.onPacket(6, 1);
  assertEquals(line.lost, 2);
});

void test("lost is what lies between the first number and the highest, and never came", () => {
  const packet = fc.record({ seq: fc.nat(40), count: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(packet), (packets) => {
      const line = new LineLoss();
      const seen = new Set<number>();
      let first = Infinity;
      let next = -Infinity;
      for (const { seq, count } of packets) {
        if (first === Infinity) first = next = seq;
        for (let i = seq; i < seq + count; i++) seen.add(i);
        next = Math.max(next, seq + count);
        line.onPacket(seq, count);
        let lost = 0;
        for (let i = first; i < next; i++) if (!seen.has(i)) lost++;
        assertEquals(line.lost, lost);
      }
    }),
  );
});
