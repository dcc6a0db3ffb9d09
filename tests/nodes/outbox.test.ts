import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Outbox } from "../../modules/nodes/outbox.ts";
import type { Batch, Sender } from "../../modules/worlds/world.ts";

/** Takes as many packets of each batch as it is told, and keeps them. */
class Stingy implements Sender {
  readonly sendBuffer = undefined;
  readonly shortfall = undefined;
  readonly taken: string[] = [];
  room = Infinity;

  send({ slab, ends, count }: Batch): number {
    const taken = Math.min(count, this.room);
    for (let i = 0; i < taken; i++) {
      this.taken.push(new TextDecoder().decode(slab.subarray(i === 0 ? 0 : ends[i - 1], ends[i])));
    }
    return taken;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

test("packets leave in one batch, and nothing is sent when there is nothing", () => {
  const batches: number[] = [];
  const outbox = new Outbox({
    sendBuffer: undefined,
    shortfall: undefined,
    send: ({ count }) => batches.push(count) && count,
    close: () => Promise.resolve(),
  });
  assertEquals(outbox.flush(), true);
  outbox.push(new Uint8Array(3));
  outbox.push(new Uint8Array(5));
  assertEquals(outbox.flush(), true);
  assertEquals(outbox.flush(), true);
  assertEquals(batches, [2]);
});

const steps = fc.array(
  fc.record({
    packets: fc.array(fc.nat(3000), { maxLength: 100 }),
    room: fc.nat(60),
  }),
  { maxLength: 8, size: "max" },
);

test("every packet leaves once, whole and in order, however little the sender takes", () =>
  fc.assert(
    fc.property(steps, (steps) => {
      const sender = new Stingy();
      const outbox = new Outbox(sender);
      const pushed: string[] = [];
      for (const { packets, room } of steps) {
        for (const length of packets) {
          const text = `${pushed.length}:`.padEnd(length, "x");
          const lent = new TextEncoder().encode(text);
          outbox.push(lent);
          lent.fill(0xdd);
          pushed.push(text);
        }
        sender.room = room;
        const before = sender.taken.length;
        const waiting = pushed.length - before;
        assertEquals(outbox.flush(), waiting <= room);
        assertEquals(sender.taken.length, before + Math.min(waiting, room));
      }
      sender.room = Infinity;
      assertEquals(outbox.flush(), true);
      assertEquals(sender.taken, pushed);
    }),
  ));
