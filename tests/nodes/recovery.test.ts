import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { demo } from "../../modules/codecs/demo.ts";
import { UserError } from "../../modules/core/errors.ts";
import type { ServerEvent } from "../../modules/core/events.ts";
import { RecoveryNode } from "../../modules/nodes/recovery.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { StreamHandler, World } from "../../modules/worlds/world.ts";

const AT = { host: "127.0.0.1", port: 7000 };

function open(world: World, events: string[] = []): Promise<RecoveryNode> {
  return RecoveryNode.open(world, {
    listen: AT,
    codec: demo.create({}, { epochMs: 0 }).recovery,
    store: new MemoryStore(1),
    observe: ({ event }: ServerEvent) => void events.push(event),
  });
}

/** How an attempt to connect goes, and how the connection ends if the server ends it. */
function attempt(world: World): { went: Promise<"opened" | "refused">; gone: Promise<void> } {
  let leave: () => void;
  const gone = new Promise<void>((resolve) => (leave = resolve));
  const went = new Promise<"opened" | "refused">((resolve) => {
    const handler: StreamHandler = {
      opened: () => resolve("opened"),
      received: () => {},
      ended: () => leave(),
      closed: () => {
        resolve("refused");
        leave();
      },
    };
    world.transport.connect(AT, handler);
  });
  return { went, gone };
}

void test("a suspended server drops its clients and refuses others until it resumes", async () => {
  const world = new SimWorld();
  const events: string[] = [];
  const server = await world.until(open(world, events));
  const first = attempt(world);
  assertEquals(await world.until(first.went), "opened");
  server.suspend();
  await world.until(first.gone);
  assertEquals(await world.until(attempt(world).went), "refused");
  server.suspend();
  await world.until(server.resume());
  assertEquals(await world.until(attempt(world).went), "refused");
  await world.until(server.resume());
  assertEquals(await world.until(attempt(world).went), "opened");
  assertEquals(events, ["recovery-down", "recovery-up"]);
  await world.until(server.close());
});

void test("a server whose place was taken meanwhile says so", async () => {
  const world = new SimWorld();
  const server = await world.until(open(world));
  server.suspend();
  assertEquals(await world.until(attempt(world).went), "refused");
  const other = await world.until(open(world));
  await assertRejects(() => world.until(server.resume()), UserError, "7000");
  await world.until(server.close());
  await world.until(other.close());
});

void test("a server that is closed while suspended stays away", async () => {
  const world = new SimWorld();
  const server = await world.until(open(world));
  server.suspend();
  await world.until(server.close());
  await world.until(server.resume());
  assertEquals(await world.until(attempt(world).went), "refused");
});
