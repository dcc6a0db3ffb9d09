import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { MILLISECOND, NEVER, SECOND } from "../../modules/core/time.ts";
import { SIM_LATENCY, SimWorld } from "../../modules/worlds/sim.ts";
import { batchOf, PacketRecorder, SenderRecorder } from "../support/packet-recorder.ts";
import { StreamRecorder } from "../support/stream-recorder.ts";
import { aLine, anAddress, transportConformance } from "../support/transport-conformance.ts";

transportConformance("sim", () => new SimWorld());

/** A promise that settles when virtual time has come that far. */
function wait(world: SimWorld, ns: number): Promise<void> {
  return new Promise((resolve) => void world.clock.at(world.clock.now() + ns, resolve));
}

test("alarms ring in the order of their times, and those of one instant in the order set", async () => {
  const world = new SimWorld();
  const rang: [string, number][] = [];
  const note = (name: string) => () => void rang.push([name, world.clock.now()]);
  world.clock.at(20, note("late"));
  world.clock.at(10, note("first"));
  world.clock.at(10, note("second"));
  world.clock.at(-5, note("past"));
  await world.until(wait(world, 30));
  assertEquals(rang, [
    ["past", 0],
    ["first", 10],
    ["second", 10],
    ["late", 20],
  ]);
  assertEquals(world.clock.now(), 30);
});

test("an alarm never rings inside at(), and a cancelled one is silent", async () => {
  const world = new SimWorld();
  const rang: string[] = [];
  const cancel = world.clock.at(0, () => rang.push("cancelled"));
  world.clock.at(0, () => rang.push("now"));
  assertEquals(rang, []);
  cancel();
  cancel();
  await world.until(wait(world, 0));
  assertEquals(rang, ["now"]);
});

test("an alarm at no time never rings", async () => {
  const world = new SimWorld();
  let rang = false;
  world.clock.at(NEVER, () => (rang = true));
  await assertRejects(
    () => world.until(new Promise(() => {})),
    Error,
    "virtual time stands still at 0 ns: nothing is left to happen",
  );
  assertEquals(rang, false);
});

test("until() gives what it waited for, or throws it", async () => {
  const world = new SimWorld();
  assertEquals(await world.until(wait(world, SECOND).then(() => 7)), 7);
  assertEquals(world.clock.now(), SECOND);
  await assertRejects(() => world.until(Promise.reject(new Error("no"))), Error, "no");
});

test("time stands still while promises go on, however many there are", async () => {
  const world = new SimWorld();
  world.clock.at(SECOND, () => {});
  const chain = async (): Promise<number> => {
    for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
    return world.clock.now();
  };
  assertEquals(await world.until(chain()), 0);
});

test("a packet takes one latency, and what arrives is lent", async () => {
  const world = new SimWorld();
  const line = aLine();
  const arrivals: number[] = [];
  let kept: Uint8Array | undefined;
  await world.transport.subscribe(line, (bytes) => {
    kept = bytes;
    arrivals.push(world.clock.now());
  });
  const sender = await world.transport.publish(line, new SenderRecorder());
  await world.until(wait(world, MILLISECOND));
  assertEquals(sender.send(batchOf(["one", "two"])), 2);
  await world.until(wait(world, SECOND));
  assertEquals(arrivals, [MILLISECOND + SIM_LATENCY, MILLISECOND + SIM_LATENCY]);
  assertEquals(kept, new Uint8Array(3).fill(0xdd));
});

test("two subscriptions with one function are two", async () => {
  const world = new SimWorld();
  const line = aLine();
  const received = new PacketRecorder();
  const first = await world.transport.subscribe(line, received.receive);
  await world.transport.subscribe(line, received.receive);
  const sender = await world.transport.publish(line, new SenderRecorder());
  sender.send(batchOf(["both"]));
  await world.until(received.count(2));
  await first.close();
  sender.send(batchOf(["the other"]));
  await world.until(wait(world, SECOND));
  assertEquals(received.packets, ["both", "both", "the other"]);
});

test("closing a listener again leaves whoever has the port now", async () => {
  const world = new SimWorld();
  const at = anAddress();
  const first = await world.transport.listen(at, new StreamRecorder());
  await world.until(first.close());
  const server = new StreamRecorder();
  await world.transport.listen(at, server);
  await world.until(first.close());
  const client = new StreamRecorder();
  world.transport.connect(at, client);
  await world.until(Promise.all([client.had("opened"), server.had("opened")]));
});

test("a connection dropped in the instant of its refusal closes without a reason", async () => {
  const world = new SimWorld();
  const client = new StreamRecorder();
  const connection = world.transport.connect(anAddress(), client);
  // Set after the attempt: it rings in the same instant, but later.
  world.clock.at(SIM_LATENCY, () => connection.destroy());
  await world.until(client.had("closed"));
  assertEquals(client.story, ["closed"]);
});

/** Resolves at a virtual instant. */
function at(world: SimWorld, time: number): Promise<void> {
  return new Promise((resolve) => world.clock.at(time, resolve));
}

test("those who wait at once see one time, and each goes on at its own instant", async () => {
  const world = new SimWorld();
  const seen: string[] = [];
  const wait = async (name: string, ...seconds: number[]): Promise<void> => {
    for (const time of seconds) {
      await world.until(at(world, time * SECOND));
      seen.push(`${name} at ${world.clock.now() / SECOND}`);
    }
  };
  await Promise.all([wait("a", 1, 4), wait("b", 2, 3), wait("c", 2)]);
  assertEquals(seen, ["a at 1", "b at 2", "c at 2", "b at 3", "a at 4"]);
});

test("time stops when nobody waits, whatever is set", async () => {
  const world = new SimWorld();
  const late = at(world, 9 * SECOND);
  await Promise.all([world.until(at(world, SECOND)), world.until(at(world, 2 * SECOND))]);
  assertEquals(world.clock.now(), 2 * SECOND);
  await world.until(late);
  assertEquals(world.clock.now(), 9 * SECOND);
});

test("everybody who waits for nothing is told", async () => {
  const world = new SimWorld();
  const never = (): Promise<void> => world.until(new Promise<void>(() => {}));
  const failures = [never(), never()].map((waiting) =>
    assertRejects(() => waiting, Error, "still"),
  );
  await Promise.all([world.until(at(world, SECOND)), ...failures]);
  await world.until(at(world, 2 * SECOND));
  assertEquals(world.clock.now(), 2 * SECOND);
});

test("what waits after what failed goes on", async () => {
  const world = new SimWorld();
  world.clock.at(SECOND, () => {
    throw new Error("a bug of ours");
  });
  await assertRejects(() => world.until(at(world, 2 * SECOND)), Error, "a bug of ours");
  await world.until(at(world, 3 * SECOND));
  await assertRejects(() => world.until(Promise.reject(new Error("no"))), Error, "no");
});
