import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MILLISECOND, NEVER, SECOND } from "../../modules/core/time.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";

const watchdog = { timeout: 4500 };

void test("the clock starts at zero and goes on", () => {
  const { clock } = openLiveWorld();
  assertEquals(clock.kind, "real");
  const first = clock.now();
  assert(first >= 0 && first < SECOND, `started at ${first}`);
  assert(Number.isInteger(first));
  assert(clock.now() >= first);
});

void test("an alarm is never early", watchdog, async () => {
  const { clock } = openLiveWorld();
  for (let i = 0; i < 20; i++) {
    const due = clock.now() + i * 0.3 * MILLISECOND;
    const rang = await new Promise<number>((resolve) => {
      clock.at(due, () => resolve(clock.now()));
    });
    assert(rang >= due, `rang ${due - rang} ns early`);
  }
});

void test("an alarm in the past rings soon, but not inside at()", watchdog, async () => {
  const { clock } = openLiveWorld();
  let inside = true;
  const rangInside = new Promise<boolean>((resolve) => clock.at(-5, () => resolve(inside)));
  inside = false;
  assertEquals(await rangInside, false);
});

void test("a cancelled alarm is silent", watchdog, async () => {
  const { clock } = openLiveWorld();
  const rang: string[] = [];
  const cancel = clock.at(clock.now() + MILLISECOND, () => rang.push("cancelled"));
  cancel();
  cancel();
  await new Promise<void>((resolve) => clock.at(clock.now() + 3 * MILLISECOND, resolve));
  assertEquals(rang, []);
});

void test("an alarm further off than any timer does not ring now", watchdog, async () => {
  const { clock } = openLiveWorld();
  const rang: string[] = [];
  const cancel = clock.at(60 * 86_400 * SECOND, () => rang.push("in 60 days"));
  clock.at(NEVER, () => rang.push("never"));
  await new Promise<void>((resolve) => clock.at(clock.now() + 5 * MILLISECOND, resolve));
  cancel();
  assertEquals(rang, []);
});

void test("until() gives what it waited for", watchdog, async () => {
  assertEquals(await openLiveWorld().until(Promise.resolve(7)), 7);
});
