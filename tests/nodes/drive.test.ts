import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Machine } from "../../modules/core/machine.ts";
import { type Clock, type Nanos, NEVER } from "../../modules/core/time.ts";
import { Drive } from "../../modules/nodes/drive.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** A machine that wants to be woken at some times, and notes when it was. */
class Sleeper implements Machine {
  readonly woken: Nanos[] = [];
  #times: Nanos[];

  constructor(...times: Nanos[]) {
    this.#times = times;
  }

  set times(times: Nanos[]) {
    this.#times = times;
  }

  deadline(): Nanos {
    return this.#times[0] ?? NEVER;
  }

  onDeadline(now: Nanos): void {
    this.woken.push(now);
    this.#times.shift();
  }
}

function wait(world: SimWorld, until: Nanos): Promise<void> {
  return world.until(new Promise((resolve) => void world.clock.at(until, resolve)));
}

test("a machine is woken at each of its deadlines, and then what it queued is carried out", async () => {
  const world = new SimWorld();
  const sleeper = new Sleeper(10, 20, 20, 50);
  const after: Nanos[] = [];
  const drive = new Drive(sleeper, world.clock, () => after.push(world.clock.now()));
  drive.arm();
  assertEquals(sleeper.woken, []);
  await wait(world, 100);
  assertEquals(sleeper.woken, [10, 20, 20, 50]);
  assertEquals(after, sleeper.woken);
});

test("an alarm follows its deadline when that moves, sooner, later or away", async () => {
  const world = new SimWorld();
  const sleeper = new Sleeper(50);
  const drive = new Drive(sleeper, world.clock);
  for (const times of [[50], [20], [30], [], [40]]) {
    sleeper.times = times;
    drive.arm();
    drive.arm();
  }
  await wait(world, 100);
  assertEquals(sleeper.woken, [40]);
});

test("a deadline that only moves away moves no alarm, and wakes nobody early", async () => {
  const world = new SimWorld();
  const { clock } = world;
  let alarms = 0;
  const counting: Clock = {
    kind: clock.kind,
    epochMs: clock.epochMs,
    now: () => clock.now(),
    at: (time, run) => {
      alarms++;
      return clock.at(time, run);
    },
  };
  const sleeper = new Sleeper(50);
  const after: Nanos[] = [];
  const drive = new Drive(sleeper, counting, () => after.push(clock.now()));
  for (let time = 50; time <= 90; time++) {
    sleeper.times = [time];
    drive.arm();
  }
  assertEquals(alarms, 1);
  await wait(world, 100);
  assertEquals([sleeper.woken, after, alarms], [[90], [90], 2]);
});

test("a drive that was stopped wakes nobody, also when it was stopped by what it woke", async () => {
  const world = new SimWorld();
  const early = new Sleeper(10);
  const drive = new Drive(early, world.clock);
  drive.arm();
  drive.stop();
  const sleeper = new Sleeper(10, 20);
  const stopping: Drive = new Drive(sleeper, world.clock, () => stopping.stop());
  stopping.arm();
  await wait(world, 100);
  assertEquals(early.woken, []);
  assertEquals(sleeper.woken, [10]);
});
