import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { SECOND } from "../../modules/core/time.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** Resolves at a virtual instant. */
function at(world: SimWorld, time: number): Promise<void> {
  return new Promise((resolve) => world.clock.at(time, resolve));
}

void test("those who wait at once see one time, and each goes on at its own instant", async () => {
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

void test("time stops when nobody waits, whatever is set", async () => {
  const world = new SimWorld();
  const late = at(world, 9 * SECOND);
  await Promise.all([world.until(at(world, SECOND)), world.until(at(world, 2 * SECOND))]);
  assertEquals(world.clock.now(), 2 * SECOND);
  await world.until(late);
  assertEquals(world.clock.now(), 9 * SECOND);
});

void test("everybody who waits for nothing is told", async () => {
  const world = new SimWorld();
  const never = (): Promise<void> => world.until(new Promise<void>(() => {}));
  const failures = [never(), never()].map((waiting) =>
    assertRejects(() => waiting, Error, "still"),
  );
  await Promise.all([world.until(at(world, SECOND)), ...failures]);
  await world.until(at(world, 2 * SECOND));
  assertEquals(world.clock.now(), 2 * SECOND);
});

void test("what waits after what failed goes on", async () => {
  const world = new SimWorld();
  world.clock.at(SECOND, () => {
    throw new Error("a bug of ours");
  });
  await assertRejects(() => world.until(at(world, 2 * SECOND)), Error, "a bug of ours");
  await world.until(at(world, 3 * SECOND));
  await assertRejects(() => world.until(Promise.reject(new Error("no"))), Error, "no");
});
