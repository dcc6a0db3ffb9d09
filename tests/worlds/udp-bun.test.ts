import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import type { BunDatagramSocket, UdpSocket } from "../../modules/worlds/runtime.ts";
import { BunSender, TURN_MAX } from "../../modules/worlds/udp-bun.ts";
import { batchOf, restOf, SenderRecorder } from "../support/packet-recorder.ts";

const LINE = { group: { host: "239.255.0.1", port: 6000 }, interface: "127.0.0.1", ttl: 1 };

/** An error as systems have them. */
function refusal(code: string, more: object = {}): Error {
  return Object.assign(new Error(`${code}: refused`), { code, ...more });
}

/** What a socket of Bun's answers to each call, in turn; all of it, when there is no more. */
type Answer = number | Error;

interface Opened {
  readonly sender: BunSender;
  readonly events: SenderRecorder;
  /** The packets of each call. */
  readonly calls: string[][];
  /** How the socket was opened and set, and that it was closed. */
  readonly story: unknown[];
  /** Says of its own accord what Bun says. */
  readonly told: Parameters<UdpSocket>[0]["socket"];
}

/** A sender over a socket that answers as told, in place of Bun. */
async function open(answers: readonly Answer[] = []): Promise<Opened> {
  const events = new SenderRecorder();
  const calls: string[][] = [];
  const story: unknown[] = [];
  let told: Opened["told"] | undefined;
  const set =
    <Given, Returned>(what: string, returned: (given: Given) => Returned) =>
    (given: Given): Returned => {
      story.push([what, given]);
      return returned(given);
    };
  const socket: BunDatagramSocket = {
    hostname: "127.0.0.1",
    port: 40_000,
    setMulticastInterface: set("interface", (_address: string) => true),
    setMulticastTTL: set("ttl", (ttl: number) => ttl),
    setMulticastLoopback: set("loopback", (enabled: boolean) => enabled),
    sendMany: (packets) => {
      const answer = answers[calls.length] ?? packets.length;
      calls.push(packets.map((packet) => new TextDecoder().decode(packet)));
      if (answer instanceof Error) throw answer;
      return answer;
    },
    close: () => story.push("closed"),
  };
  const udpSocket: UdpSocket = ({ socket: handlers, ...where }) => {
    story.push(where);
    told = handlers;
    return Promise.resolve(socket);
  };
  const sender = await BunSender.open(udpSocket, LINE, events);
  if (told === undefined) throw new Error("no socket was opened");
  return { sender, events, calls, story, told };
}

/** As many packets as asked for, which all differ. */
function texts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`);
}

const CANNOT = `Cannot send to "239.255.0.1:6000": `;

test("a socket is connected to the group, and set before the first packet", async () => {
  const { sender, story } = await open();
  assertEquals(story, [
    { hostname: "127.0.0.1", port: 0, connect: { hostname: "239.255.0.1", port: 6000 } },
    ["interface", "127.0.0.1"],
    ["ttl", 1],
    ["loopback", true],
  ]);
  assertEquals(sender.from, { host: "127.0.0.1", port: 40_000 });
  await sender.close();
  await sender.close();
  assertEquals(story.slice(4), ["closed"]);
});

test("what Bun refuses when it opens a socket is told with the act", async () => {
  const udpSocket: UdpSocket = () => Promise.reject(refusal("ENETDOWN"));
  const error = await assertRejects(
    () => BunSender.open(udpSocket, LINE, new SenderRecorder()),
    UserError,
  );
  assertEquals(
    error.message,
    'Cannot publish to "239.255.0.1:6000" on "127.0.0.1": ' +
      "the interface is down: bring it up, or take another",
  );
});

test("the packets of a batch leave in few calls, each packet once and in order", async () => {
  const { sender, calls } = await open();
  const packets = texts(TURN_MAX);
  assertEquals(sender.send(batchOf(packets)), TURN_MAX);
  assertEquals(calls.flat(), packets);
  assertEquals(calls.length, 2);
  await sender.close();
});

test("a short call sends none of the packets of the long one before it", async () => {
  const { sender, calls } = await open();
  assertEquals(sender.send(batchOf(["a", "b", "c"])), 3);
  assertEquals(sender.send(batchOf(["d"])), 1);
  assertEquals(calls, [["a", "b", "c"], ["d"]]);
  await sender.close();
});

test("a packet that is refused is told, and the rest still leaves", async () => {
  // Bun takes what stands before it, and throws when it comes first.
  const { sender, events, calls } = await open([1, refusal("EMSGSIZE")]);
  assertEquals(sender.send(batchOf(["a", "long", "c", "d"])), 4);
  assertEquals(calls, [
    ["a", "long", "c", "d"],
    ["long", "c", "d"],
    ["c", "d"],
  ]);
  assertEquals(events.failures, [
    `${CANNOT}the packet is longer than UDP carries: make it 65507 bytes or less`,
  ]);
  await sender.close();
});

test("a turn has its share, and the next one is told of", async () => {
  const { sender, events } = await open();
  const batch = batchOf(texts(TURN_MAX + 10));
  const room = events.room();
  assertEquals(sender.send(batch), TURN_MAX);
  assertEquals(sender.send(batchOf(["more"])), 0);
  assertEquals(events.drains, 0);
  await room;
  assertEquals(sender.send(restOf(batch, TURN_MAX)), 10);
  assertEquals(events.drains, 1);
  await sender.close();
});

for (const answer of [0, refusal("ENOBUFS")]) {
  const name = answer instanceof Error ? "no buffers" : "no room";
  test(`${name}: nothing more is tried until it is told that there is room`, async () => {
    const { sender, events, calls } = await open([2, answer]);
    const room = events.room();
    assertEquals(sender.send(batchOf(["a", "b", "c"])), 2);
    assertEquals(sender.send(batchOf(["c"])), 0);
    assertEquals(calls, [["a", "b", "c"], ["c"]]);
    // Bun says nothing here: the sender has to try by itself.
    await room;
    assertEquals(sender.send(batchOf(["c"])), 1);
    assertEquals([events.drains, events.failures], [1, []]);
    await sender.close();
  });
}

test("Bun's word that there is room is passed on once, to whoever waits for it", async () => {
  const { sender, events, told } = await open([0]);
  told.drain();
  assertEquals(sender.send(batchOf(["a"])), 0);
  told.drain();
  assertEquals(events.drains, 0);
  await events.room();
  told.drain();
  assertEquals(sender.send(batchOf(["a"])), 1);
  told.drain();
  assertEquals(events.drains, 1);
  await sender.close();
});

test("nothing is told after the close", async () => {
  const { sender, events, told } = await open([0]);
  assertEquals(sender.send(batchOf(["a"])), 0);
  await sender.close();
  told.drain();
  // Whoever waits from now on is told later than it would have been.
  const later = await open([0]);
  const room = later.events.room();
  assertEquals(later.sender.send(batchOf(["a"])), 0);
  await room;
  assertEquals(events.drains, 0);
  await later.sender.close();
});

test("an error that Bun tells of is a failure, unless the call has thrown it before", async () => {
  const { sender, events, told } = await open();
  told.error(refusal("EMSGSIZE", { errqueue: true }));
  assertEquals(events.failures, []);
  told.error(refusal("ENETDOWN"));
  told.error({}, refusal("ENETDOWN"));
  const down = `${CANNOT}the interface is down: bring it up, or take another`;
  assertEquals(events.failures, [down, down]);
  await sender.close();
});
