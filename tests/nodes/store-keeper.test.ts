import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import type { FeedStore, KeptFeed, KeptSession } from "../../modules/core/store.ts";
import { MILLISECOND, type Nanos, NEVER } from "../../modules/core/time.ts";
import { LOOK_INTERVAL, StoreFollower } from "../../modules/nodes/store-follower.ts";
import { StoreKeeper } from "../../modules/nodes/store-keeper.ts";
import { Sessions } from "../../modules/protocol/sessions.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { blockOf } from "../support/block-of.ts";

/** A store that tells what it is asked to do, and can be full. */
class Told implements FeedStore {
  readonly calls: string[] = [];
  readonly found: FeedStore["found"];
  readonly flushEvery: Nanos;
  first = 1;
  next = 1;
  full = false;

  constructor(flushEvery: Nanos, found?: FeedStore["found"]) {
    this.flushEvery = flushEvery;
    this.found = found;
  }

  append(seq: number): void {
    if (this.full) throw new UserError("the disk is full");
    this.next = seq + 1;
    this.calls.push(`append ${seq}`);
  }

  read(): void {
    this.calls.push("read");
  }

  begin({ name, from }: KeptSession): void {
    this.calls.push(`begin ${name} ${from}`);
  }

  flush(): void {
    this.calls.push("flush");
  }

  close(): void {
    this.calls.push("close");
  }
}

const message = new Uint8Array();

async function after(world: SimWorld, time: Nanos): Promise<void> {
  const { clock } = world;
  await world.until(new Promise<void>((resolve) => clock.at(clock.now() + time, resolve)));
}

test("what is about to be sent is flushed before", () => {
  const store = new Told(0);
  const keeper = new StoreKeeper(store, new SimWorld().clock, new Sessions());
  keeper.append(1, blockOf(message));
  keeper.append(2, blockOf(message));
  assertEquals(store.calls, ["append 1", "append 2"]);
  keeper.sending();
  assertEquals(store.calls.at(-1), "flush");
});

test("or so much time after the first that waits", async () => {
  const world = new SimWorld();
  const store = new Told(5 * MILLISECOND);
  const keeper = new StoreKeeper(store, world.clock, new Sessions());
  keeper.append(1, blockOf(message));
  keeper.sending();
  await after(world, 4 * MILLISECOND);
  keeper.append(2, blockOf(message));
  assertEquals(store.calls, ["append 1", "append 2"]);
  await after(world, 2 * MILLISECOND);
  assertEquals(store.calls, ["append 1", "append 2", "flush"]);
  await keeper.close();
  assertEquals(store.calls.at(-1), "close");
});

test("sessions are entered, but for those that the store has", () => {
  const sessions = new Sessions();
  sessions.begin("MONDAY", 1, 1);
  const monday = { name: "MONDAY", from: 1, first: 1 };
  const record = { protocol: { name: "demo", options: {} }, by: "a test" };
  const fresh = new Told(NEVER);
  const keeper = new StoreKeeper(fresh, new SimWorld().clock, sessions);
  sessions.begin("TUESDAY", 9, 1);
  assertEquals(fresh.calls, ["begin MONDAY 1", "begin TUESDAY 9"]);
  assertEquals(keeper.next, 1);
  const known = new Told(NEVER, { record, sessions: [monday], first: 1, next: 9 });
  const other = new StoreKeeper(known, new SimWorld().clock, sessions);
  assertEquals(other.next, 1);
  assertEquals(known.calls, ["begin TUESDAY 9"]);
});

test("a store that is full is told of once, and the numbers go on", async () => {
  const store = new Told(0);
  const keeper = new StoreKeeper(store, new SimWorld().clock, new Sessions());
  keeper.append(1, blockOf(message));
  store.full = true;
  keeper.append(2, blockOf(message));
  keeper.append(3, blockOf(message));
  assertEquals([keeper.next, store.next], [4, 2]);
  await assertRejects(() => keeper.failed, UserError, "the disk is full");
  await keeper.close();
  assertEquals(store.calls, ["append 1"]);
});

test("a follower looks again and again, and enters what began", async () => {
  const world = new SimWorld();
  const sessions = new Sessions();
  sessions.begin("MONDAY", 1, 1);
  let looks = 0;
  const kept: KeptSession[] = [{ name: "MONDAY", from: 1, first: 1 }];
  const store: KeptFeed = {
    record: { protocol: { name: "demo", options: {} }, by: "a test" },
    sessions: kept,
    first: 1,
    next: 1,
    read: () => {},
    refresh: () => {
      looks++;
      if (looks === 5) throw new UserError("it is gone");
    },
    close: () => {},
  };
  const follower = new StoreFollower(store, world.clock, sessions);
  await after(world, LOOK_INTERVAL);
  kept.push({ name: "TUESDAY", from: 9, first: 1 });
  assertEquals([looks, sessions.all.length], [1, 1]);
  await after(world, LOOK_INTERVAL);
  follower.look();
  assertEquals([looks, sessions.current?.name, sessions.wireOf(10)], [3, "TUESDAY", 2]);
  await after(world, 9 * LOOK_INTERVAL);
  await assertRejects(() => follower.failed, UserError, "it is gone");
  assertEquals(looks, 5);
});
