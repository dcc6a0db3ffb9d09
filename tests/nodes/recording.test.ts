import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { Recording } from "../../modules/nodes/recording.ts";
import { SIM_EPOCH_MS, SimWorld } from "../../modules/worlds/sim.ts";
import type { Sender, SenderEvents, World } from "../../modules/worlds/world.ts";
import { batchOf, PacketRecorder, SenderRecorder } from "../support/packet-recorder.ts";
import { StreamRecorder } from "../support/stream-recorder.ts";
import { Tape } from "../support/tape.ts";
import { aLine, anAddress, transportConformance } from "../support/transport-conformance.ts";

transportConformance("recorded", () => {
  const inner = new SimWorld();
  return new Recording(inner, new Tape(SIM_EPOCH_MS).writer, []).world;
});

const utf8 = new TextEncoder();

function packetOf(text: string): PacketRef {
  const bytes = utf8.encode(text);
  return { bytes, kind: "data", seq: 1, count: 1, msg: 1, ordinal: 1, dueNs: 0 };
}

function bench(...names: readonly string[]) {
  const inner = new SimWorld();
  const tape = new Tape(SIM_EPOCH_MS);
  const line = aLine();
  const at = anAddress();
  const places = names.map((name) => ({ name, at: name === "recovery" ? at : line.group }));
  const recording = new Recording(inner, tape.writer, places);
  return { inner, tape, line, at, recording, world: recording.world };
}

/** A world whose senders take no more than they are let. */
function narrow(world: World, room: { packets: number }): World {
  const { transport } = world;
  const publish = async (...args: Parameters<typeof transport.publish>): Promise<Sender> => {
    const sender = await transport.publish(...args);
    return {
      from: sender.from,
      sendBuffer: undefined,
      shortfall: undefined,
      send: ({ slab, ends, count }) => {
        const taken = Math.min(count, room.packets);
        room.packets -= taken;
        return sender.send({ slab, ends, count: taken });
      },
      close: () => sender.close(),
    };
  };
  return {
    clock: world.clock,
    transport: {
      publish,
      subscribe: (...args) => transport.subscribe(...args),
      listen: (...args) => transport.listen(...args),
      connect: (...args) => transport.connect(...args),
    },
    until: (done) => world.until(done),
  };
}

const QUIET: SenderEvents = { drained: () => {}, failed: () => {} };

test("a packet that was dropped stands where it would have left", async () => {
  const { inner, tape, line } = bench();
  const room = { packets: 2 };
  const recording = new Recording(narrow(inner, room), tape.writer, [
    { name: "A", at: line.group },
  ]);
  const sender = await recording.world.transport.publish(line, QUIET);
  recording.dropped(line, packetOf("0"), "first");
  for (let sent = 1; sent <= 3; sent++) recording.left(line);
  recording.dropped(line, packetOf("4"), 'the "second"');
  recording.left(line);
  recording.dropped(line, packetOf("6"), "third");
  assertEquals(sender.send(batchOf(["1", "2", "3", "5"])), 2);
  assertEquals(tape.story, ['A 0 0 (dropped by rule "first")', "A 0 1", "A 0 2"]);
  await inner.until(new Promise<void>((resolve) => void inner.clock.at(7, resolve)));
  room.packets = 2;
  assertEquals(sender.send(batchOf(["3", "5"])), 2);
  assertEquals(tape.story.slice(3), [
    "A 7 3",
    'A 7 4 (dropped by rule "the \\"second\\"")',
    "A 7 5",
    'A 7 6 (dropped by rule "third")',
  ]);
  await sender.close();
});

test("what nobody took is not in the file, what was dropped before it is", async () => {
  const { tape, line, recording } = bench("A");
  const sender = await recording.world.transport.publish(line, QUIET);
  recording.left(line);
  recording.dropped(line, packetOf("dropped"), "loss");
  await sender.close();
  assertEquals(tape.story, ['A 0 dropped (dropped by rule "loss")']);
});

test("a line that is published here is written as it leaves, and only then", async () => {
  const { tape, line, world } = bench("A");
  const heard = new PacketRecorder();
  const sender = await world.transport.publish(line, new SenderRecorder());
  await world.transport.subscribe(line, heard.receive);
  sender.send(batchOf(["x"]));
  await world.until(heard.count(1));
  assertEquals(tape.story, ["A 0 x"]);
  const [{ from, to } = { from: "", to: "" }] = tape.packets;
  const { host, port } = line.group;
  assertEquals([from, to], [`${sender.from!.host}:${sender.from!.port}`, `${host}:${port}`]);
});

test("of a line that others publish, what arrives is written, with its sender", async () => {
  const { inner, tape, line, world } = bench("A");
  const heard = new PacketRecorder();
  const sender = await inner.transport.publish(line, new SenderRecorder());
  await world.transport.subscribe(line, heard.receive);
  sender.send(batchOf(["x", "y"]));
  await world.until(heard.count(2));
  assertEquals(tape.story, ["A 10000 x", "A 10000 y"]);
  assertEquals(tape.packets[0]!.from, `${sender.from!.host}:${sender.from!.port}`);
});

test("what has no name is called by its address", async () => {
  const { tape, line, world } = bench();
  const sender = await world.transport.publish(line, QUIET);
  sender.send(batchOf(["x"]));
  const { host, port } = line.group;
  assertEquals(tape.story, [`${host}:${port} 0 x`]);
});

test("a connection with both ends here is written once, as its client saw it", async () => {
  const { tape, at, world } = bench("recovery");
  const server = new StreamRecorder({
    received: (connection) => void connection.write(utf8.encode("answer")),
    ended: (connection) => connection.end(),
  });
  const listener = await world.transport.listen(at, server);
  const client = new StreamRecorder();
  const connection = world.transport.connect(at, client);
  // Before it is open: said as soon as it is.
  connection.write(utf8.encode("ask"));
  connection.end();
  await world.until(client.had("closed"));
  await listener.close();
  assertEquals(tape.story, [
    "recovery 10000 syn",
    "recovery 10000 syn+ack",
    "recovery 10000 ack",
    "recovery 10000 push+ack ask",
    "recovery 10000 fin+ack",
    "recovery 10000 ack",
    "recovery 30000 push+ack answer",
    "recovery 30000 fin+ack",
    "recovery 30000 ack",
  ]);
  assertEquals(client.connections, new Set([connection]));
  const { local, remote } = connection.ends!;
  assertEquals([local.host, remote], ["127.0.0.1", at]);
  const asked = tape.packets.find(({ payload }) => payload.length === 3)!;
  assertEquals([asked.from, asked.to], [`${local.host}:${local.port}`, `${at.host}:${at.port}`]);
});

test("a connection of somebody else's client is written as its server saw it", async () => {
  const { inner, tape, at, world } = bench("recovery");
  const server = new StreamRecorder({
    received: (connection) => {
      connection.write(utf8.encode("answer"));
      connection.end();
    },
  });
  const listener = await world.transport.listen(at, server);
  const client = new StreamRecorder();
  const connection = inner.transport.connect(at, client);
  connection.write(utf8.encode("ask"));
  await world.until(client.had("ended"));
  // The client never ends: that is for the listener to break.
  await world.until(listener.close());
  assertEquals(tape.story.slice(3), [
    "recovery 20000 push+ack ask",
    "recovery 20000 push+ack answer",
    "recovery 20000 fin+ack",
    "recovery 20000 ack",
    "recovery 30000 reset+ack",
  ]);
  const [ask, answer] = tape.packets.slice(3);
  const { local } = connection.ends!;
  assertEquals([ask!.from, answer!.to], Array(2).fill(`${local.host}:${local.port}`));
  assertEquals(server.connections.size, 1);
});

test("a refusal and a broken connection are in the file", async () => {
  const { tape, at, world } = bench("recovery");
  const refused = new StreamRecorder();
  world.transport.connect(at, refused);
  await world.until(refused.had("closed"));
  assertEquals(tape.story, ["recovery 10000 syn", "recovery 10000 reset+ack"]);
  const server = new StreamRecorder();
  await world.transport.listen(at, server);
  const client = new StreamRecorder({ opened: (connection) => connection.destroy() });
  world.transport.connect(at, client);
  await world.until(server.had("closed"));
  assertEquals(tape.story.slice(5), ["recovery 20000 reset+ack"]);
});

test("requests over datagrams are datagrams", async () => {
  const { tape, at, world } = bench("recovery");
  const server = new StreamRecorder({
    received: (connection) => {
      connection.write(utf8.encode("answer"));
      connection.end();
    },
  });
  await world.transport.listen(at, server, "datagram");
  const client = new StreamRecorder();
  const connection = world.transport.connect(at, client, "datagram");
  connection.write(utf8.encode("ask"));
  await world.until(client.had("received"));
  connection.destroy();
  assertEquals(tape.story, ["recovery 0 ask", "recovery 20000 answer"]);
  const [ask, answer] = tape.packets;
  assertEquals([ask!.from, ask!.to], [answer!.to, answer!.from]);
});
