import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { UserError } from "../../modules/core/errors.ts";
import type { ServerEvent } from "../../modules/core/events.ts";
import type { MessageReader } from "../../modules/core/store.ts";
import { RecoveryNode } from "../../modules/nodes/recovery.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { type StreamHandler, type World, WRITE_HELD_MAX } from "../../modules/worlds/world.ts";
import { wordCodec } from "../support/block-codec.ts";
import { blockOf } from "../support/block-of.ts";

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

void test("a reader that is slower than the store: no more is read than is on its way", async () => {
  const world = new SimWorld();
  const store = new MemoryStore(1);
  const message = new Uint8Array(1000);
  const messages = 5000;
  for (let seq = 1; seq <= messages; seq++) store.append(seq, blockOf(message));
  let held = 0;
  let most = 0;
  const { transport } = world;
  const listen: World["transport"]["listen"] = (at, handler, over) =>
    transport.listen(
      at,
      {
        ...handler,
        opened: (connection) => {
          const write = connection.write.bind(connection);
          connection.write = (bytes) => {
            held += bytes.length;
            most = Math.max(most, held);
            return write(bytes);
          };
          handler.opened(connection);
        },
      },
      over,
    );
  const server = await world.until(
    RecoveryNode.open(
      {
        clock: world.clock,
        transport: { ...bound(transport), listen },
        until: (done) => world.until(done),
      },
      { listen: AT, codec: bytesCodec(messages), store, observe: () => {} },
    ),
  );
  let received = 0;
  const done = new Promise<void>((resolve) => {
    const connection = transport.connect(AT, {
      opened: () => void connection.write(new TextEncoder().encode("all")),
      received: (_connection, bytes) => {
        received += bytes.length;
        held -= bytes.length;
      },
      ended: () => connection.end(),
      closed: () => resolve(),
    });
  });
  await world.until(done);
  assertEquals(received, messages * message.length);
  assertEquals(server.answered, messages);
  assert(most <= WRITE_HELD_MAX + message.length, `${most} bytes held`);
  await world.until(server.close());
});

void test("who is sent very much lets others have their turn in between", async () => {
  const world = new SimWorld();
  const messages = 100_000;
  const store = new MemoryStore(1);
  const message = new Uint8Array(2);
  for (let seq = 1; seq <= messages; seq++) store.append(seq, blockOf(message));
  const reads = new Map<number, number>();
  const counted: MessageReader = {
    first: store.first,
    next: store.next,
    read: (range, visit) =>
      store.read(range, (seq, bytes) => {
        const now = world.clock.now();
        reads.set(now, (reads.get(now) ?? 0) + 1);
        return visit(seq, bytes);
      }),
  };
  const server = await world.until(
    RecoveryNode.open(world, {
      listen: AT,
      codec: bytesCodec(messages),
      store: counted,
      observe: () => {},
    }),
  );
  const done = new Promise<void>((resolve) => {
    const connection = world.transport.connect(AT, {
      opened: () => void connection.write(new TextEncoder().encode("all")),
      received: () => {},
      ended: () => connection.end(),
      closed: () => resolve(),
    });
  });
  await world.until(done);
  assertEquals(server.answered, messages);
  const most = Math.max(...reads.values());
  assert(most <= 4096, `${most} messages in one go`);
  await world.until(server.close());
});

/** The transport's own methods, for one that is partly another. */
function bound(transport: World["transport"]): World["transport"] {
  return {
    publish: transport.publish.bind(transport),
    subscribe: transport.subscribe.bind(transport),
    listen: transport.listen.bind(transport),
    connect: transport.connect.bind(transport),
  };
}

/** One that sends the first messages as they are to whoever says anything. */
function bytesCodec(messages: number): RecoveryCodec {
  const codec = wordCodec({ requestMax: messages });
  return {
    ...codec,
    server: (out) => ({
      settled: false,
      push: () => out.request(1, { session: "", from: 1, until: messages + 1 }, "all"),
      end: () => {},
      begin: () => {},
      message: (_seq, message) => out.reply(message),
      finish: () => {},
      refuse: () => {},
    }),
  };
}
