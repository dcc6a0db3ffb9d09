import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MILLISECOND } from "../../../modules/core/time.ts";
import {
  createFlow,
  listeningWorld,
  publishingWorld,
} from "../../../modules/scenario/thread/flow.ts";
import { SimWorld } from "../../../modules/worlds/sim.ts";
import type { LineAddress, Sender, Subscription, World } from "../../../modules/worlds/world.ts";

const LINE: LineAddress = { group: { host: "239.192.1.1", port: 6000 }, interface: "lo", ttl: 1 };
const OTHER: LineAddress = { ...LINE, group: { host: "239.192.1.9", port: 6009 } };

/** Both ends of a line whose packets arrive when the test says so. */
class Ends {
  readonly world = new SimWorld();
  readonly flow = createFlow(1);
  /** Packets that the sender below was given, and how many times there was room again. */
  sent = 0;
  drained = 0;
  /** Brings a packet. */
  arrive: () => void = () => {};

  async listen(receiveBuffer: number | undefined, line = LINE): Promise<Subscription> {
    const { world } = this;
    const inner: World = {
      clock: world.clock,
      until: (done) => world.until(done),
      transport: {
        publish: (to, events) => world.transport.publish(to, events),
        listen: (at, handler) => world.transport.listen(at, handler),
        connect: (to, handler) => world.transport.connect(to, handler),
        subscribe: (_line, receive) => {
          this.arrive = () => receive(new Uint8Array(1));
          return Promise.resolve({
            receiveBuffer,
            shortfall: undefined,
            kernelDrops: () => 7,
            close: () => Promise.resolve(),
          });
        },
      },
    };
    return listeningWorld(inner, this.flow, [LINE]).transport.subscribe(line, () => {});
  }

  publish(line = LINE): Promise<Sender> {
    const { world } = this;
    const inner: World = {
      clock: world.clock,
      until: (done) => world.until(done),
      transport: {
        subscribe: (to, receive) => world.transport.subscribe(to, receive),
        listen: (at, handler) => world.transport.listen(at, handler),
        connect: (to, handler) => world.transport.connect(to, handler),
        publish: () =>
          Promise.resolve({
            sendBuffer: 5,
            shortfall: undefined,
            send: ({ count }) => {
              this.sent += count;
              return count;
            },
            close: () => Promise.resolve(),
          }),
      },
    };
    const events = { drained: () => void this.drained++, failed: () => {} };
    return publishingWorld(inner, this.flow, [LINE]).transport.publish(line, events);
  }

  wait(ms: number): Promise<void> {
    const { world } = this;
    const at = world.clock.now() + ms * MILLISECOND;
    return world.until(new Promise((resolve) => void world.clock.at(at, resolve)));
  }
}

function batch(count: number): { slab: Uint8Array; ends: Int32Array; count: number } {
  return { slab: new Uint8Array(count), ends: new Int32Array(count).map((_, i) => i + 1), count };
}

void test("as long as nobody listens, and on other groups, nobody is waited for", async () => {
  const ends = new Ends();
  const sender = await ends.publish();
  assertEquals([sender.send(batch(5000)), sender.sendBuffer], [5000, 5]);
  await ends.listen(undefined);
  const other = await ends.publish(OTHER);
  assertEquals(other.send(batch(5000)), 5000);
  const beside = await ends.listen(undefined, OTHER);
  assertEquals(beside.kernelDrops(), 7);
});

void test("who listens is waited for, as far as his buffer is sure to hold", async () => {
  for (const [buffer, window] of [
    [undefined, 64],
    [1000, 64],
    [8 * 1024 * 1024, 1024],
  ] as const) {
    const ends = new Ends();
    const sender = await ends.publish();
    assertEquals(sender.send(batch(10)), 10);
    await ends.listen(buffer);
    assertEquals(sender.send(batch(window - 1)), window - 1);
    assertEquals([sender.send(batch(100)), ends.sent], [1, window + 10]);
    assertEquals(sender.send(batch(100)), 0);
    await ends.wait(1);
    assertEquals(ends.drained, 0);
    for (let i = 0; i < window / 2; i++) ends.arrive();
    await ends.wait(1);
    assertEquals(ends.drained, 1);
    assertEquals(sender.send(batch(window)), window / 2);
  }
});

void test("what does not come for long is lost, and waited for no more", async () => {
  const ends = new Ends();
  const sender = await ends.publish();
  await ends.listen(undefined);
  assertEquals(sender.send(batch(100)), 64);
  await ends.wait(400);
  assertEquals(ends.drained, 0);
  await ends.wait(200);
  assertEquals(ends.drained, 1);
  assertEquals(sender.send(batch(100)), 64);
});

void test("a listener that goes is waited for no more", async () => {
  const ends = new Ends();
  const sender = await ends.publish();
  const subscription = await ends.listen(undefined);
  assertEquals(sender.send(batch(100)), 64);
  await subscription.close();
  assertEquals(sender.send(batch(100)), 100);
  await sender.close();
});
