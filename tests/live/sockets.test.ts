/** What only real sockets do: buffers, resets, names, and what the system refuses. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import { formatSize } from "../../modules/core/units.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { HELD_MAX, NodeSubscription } from "../../modules/worlds/udp-node.ts";
import { batchOf, PacketRecorder, SenderRecorder } from "../support/packet-recorder.ts";
import { StreamRecorder } from "../support/stream-recorder.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

const watchdog = { timeout: 4500 };

void test("the receive buffer is reported where the runtime knows it", watchdog, async () => {
  const { transport } = openLiveWorld({ transport: "portable" });
  const subscription = await transport.subscribe(aLine(), () => {});
  if ("Deno" in globalThis) assertEquals(subscription.receiveBuffer, undefined);
  else assert((subscription.receiveBuffer ?? 0) >= 64 * 1024);
  await subscription.close();
  await subscription.close();
});

/** What Linux grants at most; undefined elsewhere. */
function systemLimit(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/net/core/${name}`, "utf8"));
  } catch {
    return undefined;
  }
}

/** More than a 32-bit number of bytes is refused as it is, and then asked for by halves. */
const TOO_MUCH = 2 ** 31;

interface Opened {
  readonly granted: number | undefined;
  readonly shortfall: string | undefined;
  close(): Promise<void>;
}

for (const [side, sysctl, open] of [
  ["send", "wmem", openSender],
  ["receive", "rmem", openReceiver],
] as const) {
  void test(`a ${side} buffer is asked for, and told when too small`, watchdog, async () => {
    const all = await Promise.all([open(), open(65_536), open(TOO_MUCH)]);
    const [plain, small, large] = all;
    assertEquals(plain.shortfall, undefined);
    if ("Deno" in globalThis) {
      assertEquals([plain.granted, small.granted], [undefined, undefined]);
      assertEquals(
        small.shortfall,
        `Deno cannot ask for a ${side} buffer of 64KiB: ` +
          `raise sysctl net.core.${sysctl}_default, or run it with Bun or Node`,
      );
    } else {
      assertEquals([small.granted, small.shortfall], [65_536, undefined]);
      assert((plain.granted ?? 0) > 0);
      const limit = systemLimit(`${sysctl}_max`);
      if (limit !== undefined) {
        assertEquals(large.granted, limit);
        assertEquals(
          large.shortfall,
          `a ${side} buffer of 2GiB was asked for and ${formatSize(limit)} granted: ` +
            `raise sysctl net.core.${sysctl}_max`,
        );
      }
    }
    await Promise.all(all.map((opened) => opened.close()));
  });
}

async function openSender(sendBuffer?: number): Promise<Opened> {
  const line = { ...aLine(), sendBuffer };
  const { transport } = openLiveWorld({ transport: "portable" });
  const sender = await transport.publish(line, new SenderRecorder());
  const { sendBuffer: granted, shortfall } = sender;
  return { granted, shortfall, close: () => sender.close() };
}

async function openReceiver(receiveBuffer?: number): Promise<Opened> {
  const line = { ...aLine(), receiveBuffer };
  const { transport } = openLiveWorld({ transport: "portable" });
  const subscription = await transport.subscribe(line, () => {});
  const { receiveBuffer: granted, shortfall } = subscription;
  return { granted, shortfall, close: () => subscription.close() };
}

void test("node:dgram receives on every runtime", watchdog, async () => {
  const line = aLine();
  const received = new PacketRecorder();
  const subscription = await NodeSubscription.open(line, received.receive);
  const sender = await openLiveWorld().transport.publish(line, new SenderRecorder());
  sender.send(batchOf(["one", "two"]));
  await received.count(2);
  assertEquals(received.packets, ["one", "two"]);
  await sender.close();
  await sender.close();
  await subscription.close();
});

void test("an interface can be given by its address", watchdog, async () => {
  const line = { ...aLine(), interface: "127.0.0.1" };
  const { transport } = openLiveWorld();
  const received = new PacketRecorder();
  const subscription = await transport.subscribe(line, received.receive);
  const sender = await transport.publish(line, new SenderRecorder());
  sender.send(batchOf(["one"]));
  await received.count(1);
  await sender.close();
  await subscription.close();
});

void test("each of two sources is heard by those who chose it", watchdog, async () => {
  const { createSocket } = await import("node:dgram");
  const line = aLine();
  const { transport } = openLiveWorld();
  const heard = new Map<string, PacketRecorder>();
  const open: { close(): Promise<void> }[] = [];
  for (const source of ["127.0.0.1", "127.0.0.2"]) {
    const received = new PacketRecorder();
    heard.set(source, received);
    open.push(await transport.subscribe({ ...line, source }, received.receive));
  }
  for (const source of heard.keys()) {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, source, resolve));
    socket.setMulticastInterface("127.0.0.1");
    socket.setMulticastLoopback(true);
    const { host, port } = line.group;
    await new Promise<void>((resolve) => socket.send(source, port, host, () => resolve()));
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
  await Promise.all([...heard.values()].map((received) => received.count(1)));
  assertEquals(
    [...heard].map(([source, { packets }]) => [source, packets]),
    [
      ["127.0.0.1", ["127.0.0.1"]],
      ["127.0.0.2", ["127.0.0.2"]],
    ],
  );
  await Promise.all(open.map((subscription) => subscription.close()));
});

void test("a source that is no address is refused by name", watchdog, async () => {
  const line = { ...aLine(), source: "nobody" };
  const { host, port } = line.group;
  const error = await assertRejects(
    () => openLiveWorld().transport.subscribe(line, () => {}),
    UserError,
  );
  assertStringIncludes(
    error.message,
    `Cannot join group "${host}:${port}" on "lo" for what nobody sends: `,
  );
});

/** Every way of ours to send on this runtime. */
for (const choice of ["auto", "portable"] as const) {
  void test(
    `${choice}: a packet that is too long fails, and the rest still leaves`,
    watchdog,
    async () => {
      const line = aLine();
      const { transport } = openLiveWorld({ transport: choice });
      const received = new PacketRecorder();
      const events = new SenderRecorder();
      const subscription = await transport.subscribe(line, received.receive);
      const sender = await transport.publish(line, events);
      // The second one fits into an IP packet's length, and not with the headers.
      sender.send(batchOf(["before", "x".repeat(70_000), "between", "x".repeat(65_508), "after"]));
      await received.count(3);
      await sender.close();
      assertEquals(received.packets, ["before", "between", "after"]);
      const failure =
        `Cannot send to "${line.group.host}:${line.group.port}": the packet is longer than UDP ` +
        `carries: make it 65507 bytes or less`;
      assertEquals(events.failures, [failure, failure]);
      await subscription.close();
    },
  );

  void test(
    `${choice}: a sender takes what it has room for and then says when there is more`,
    watchdog,
    async () => {
      const events = new SenderRecorder();
      const { transport } = openLiveWorld({ transport: choice });
      const sender = await transport.publish(aLine(), events);
      const room = events.room();
      const texts = Array.from({ length: HELD_MAX + 10 }, (_, i) => `${i}`);
      assertEquals(sender.send(batchOf(texts)), HELD_MAX);
      assertEquals(sender.send(batchOf(["more"])), 0);
      assertEquals(events.drains, 0);
      await room;
      assertEquals(events.drains, 1);
      assertEquals(sender.send(batchOf(["more"])), 1);
      await sender.close();
    },
  );

  void test(`${choice}: a ttl that no packet can have is refused`, watchdog, async () => {
    const { transport } = openLiveWorld({ transport: choice });
    for (const ttl of [0, 256, Number.NaN]) {
      const error = await assertRejects(
        () => transport.publish({ ...aLine(), ttl }, new SenderRecorder()),
        UserError,
      );
      assertStringIncludes(error.message, `with ttl ${ttl}: write one from 1 to 255`);
    }
  });
}

void test("a port that another program does not share cannot be joined", watchdog, async () => {
  const { createSocket } = await import("node:dgram");
  const line = aLine();
  const { host, port } = line.group;
  const other = createSocket("udp4");
  await new Promise<void>((resolve) => other.bind(port, "0.0.0.0", resolve));
  const error = await assertRejects(
    () => openLiveWorld().transport.subscribe(line, () => {}),
    UserError,
  );
  assertEquals(error.kind, "environment");
  assertEquals(
    error.message,
    `Cannot join group "${host}:${port}" on "lo": the port is taken: ` +
      `stop the program that has it, or choose another port`,
  );
  await new Promise<void>((resolve) => other.close(() => resolve()));
});

void test("an address that is no group cannot be joined", watchdog, async () => {
  const line = { ...aLine(), group: { host: "127.0.0.1", port: anAddress().port } };
  const error = await assertRejects(
    () => openLiveWorld().transport.subscribe(line, () => {}),
    UserError,
  );
  assertStringIncludes(error.message, `Cannot join group "127.0.0.1:${line.group.port}" on "lo": `);
});

void test("a name that nobody has cannot be listened on or connected to", watchdog, async () => {
  const { transport } = openLiveWorld();
  // A name so wrong that no server is asked about it.
  const at = { host: "no..host", port: anAddress().port };
  const error = await assertRejects(() => transport.listen(at, new StreamRecorder()), UserError);
  assertEquals(error.kind, "environment");
  assertStringIncludes(error.message, `Cannot listen on ${at.host}:${at.port}: `);
  const client = new StreamRecorder();
  transport.connect(at, client);
  await client.had("closed");
  assertEquals(client.story, ["closed: failed"]);
});

void test("an address of another machine cannot be listened on", watchdog, async () => {
  const at = { host: "192.0.2.254", port: anAddress().port };
  const error = await assertRejects(
    () => openLiveWorld().transport.listen(at, new StreamRecorder()),
    UserError,
  );
  assertEquals(error.kind, "environment");
  assertStringIncludes(error.message, `Cannot listen on 192.0.2.254:${at.port}: `);
  assertStringIncludes(error.message, "address");
});

void test("a reset is told from an end", watchdog, async () => {
  const at = anAddress();
  // A server of node:net: a Connection cannot be asked for a reset.
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(at.port, at.host, resolve));
  const client = new StreamRecorder();
  const connection = openLiveWorld().transport.connect(at, client);
  connection.write(new TextEncoder().encode("reset me"));
  await client.had("closed");
  assertEquals(client.story, ["opened", "closed: reset"]);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

void test("writing to a peer that has gone ends in a reset", watchdog, async () => {
  const at = anAddress();
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(at.port, at.host, resolve));
  const client = new StreamRecorder({
    // The first write is answered with a reset, and what follows fails.
    ended: (connection) => {
      for (let i = 0; i < 100; i++) connection.write(new Uint8Array(65_536));
    },
  });
  openLiveWorld().transport.connect(at, client);
  await client.had("closed");
  assertEquals(client.story, ["opened", "ended", "closed: reset"]);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

void test("an interface that does not exist is named with those that do", watchdog, async () => {
  const line = { ...aLine(), interface: "nope7" };
  const { host, port } = line.group;
  const { transport } = openLiveWorld();
  const none = 'no interface "nope7", have lo (127.0.0.1)';
  const joining = await assertRejects(() => transport.subscribe(line, () => {}), UserError);
  assertEquals(joining.kind, "environment");
  assertStringIncludes(joining.message, `Cannot join group "${host}:${port}" on "nope7": ${none}`);
  const publishing = await assertRejects(
    () => transport.publish(line, new SenderRecorder()),
    UserError,
  );
  assertEquals(publishing.kind, "environment");
  assertStringIncludes(
    publishing.message,
    `Cannot publish to "${host}:${port}" on "nope7": ${none}`,
  );
});
