import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { E, type LinuxCalls } from "../../../modules/worlds/linux/calls.ts";
import { LinuxSender, TURN_MAX } from "../../../modules/worlds/linux/sender.ts";
import type { Batch } from "../../../modules/worlds/world.ts";
import { fakeLinux } from "../../support/fake-linux.ts";
import { SenderRecorder } from "../../support/packet-recorder.ts";

const LINE = { group: { host: "239.255.0.1", port: 6000 }, interface: "127.0.0.1", ttl: 1 };

/** Packets of these sizes. */
function batchOfSizes(sizes: readonly number[]): Batch {
  let end = 0;
  const ends = Int32Array.from(sizes, (size) => (end += size));
  return { slab: new Uint8Array(end), ends, count: sizes.length };
}

/** Whether each of the messages is a train: it has a control message. */
function trainsIn(messages: Uint8Array, count: number): boolean[] {
  const words = new Uint32Array(messages.buffer, messages.byteOffset, messages.length / 4);
  // A mmsghdr is 64 bytes, and the length of its control messages stands at byte 40.
  return Array.from({ length: count }, (_, i) => words[16 * i + 10]! > 0);
}

interface Opened {
  readonly sender: LinuxSender;
  readonly events: SenderRecorder;
  /** Of each call, which of its messages were trains. */
  readonly sent: boolean[][];
}

/** A sender whose calls are answered by `answer`, in place of the system. */
function open(answer: (trains: boolean[], call: number) => number): Opened {
  const sent: boolean[][] = [];
  const events = new SenderRecorder();
  const sendmmsg: LinuxCalls["sendmmsg"] = (_fd, messages, count) => {
    const trains = trainsIn(messages, count);
    sent.push(trains);
    return answer(trains, sent.length - 1);
  };
  const path = { calls: fakeLinux({ sendmmsg }), listenersFirst: () => {} };
  return { sender: LinuxSender.open(path, LINE, events), events, sent };
}

test("neighbours of equal size are one message, others have one each, all in one call", () => {
  const { sender, sent } = open((trains) => trains.length);
  assertEquals(sender.send(batchOfSizes([8, 8, 8, 9, 10, 10])), 6);
  assertEquals(sent, [[true, false, true]]);
});

test("what the system took a part of goes on where that ended", () => {
  const { sender, sent } = open((_trains, call) => (call === 0 ? 1 : 2));
  assertEquals(sender.send(batchOfSizes([8, 8, 9, 10])), 4);
  assertEquals(sent, [
    [true, false, false],
    [false, false],
  ]);
});

for (const [name, errno] of [
  ["no room", E.EAGAIN],
  ["no buffers", E.ENOBUFS],
] as const) {
  test(`${name}: the packets that were taken are told, and then that there is room`, async () => {
    const { sender, events } = open((_trains, call) => (call === 0 ? 1 : call === 1 ? -errno : 2));
    const room = events.room();
    assertEquals(sender.send(batchOfSizes([8, 8, 9, 10])), 2);
    assertEquals(events.drains, 0);
    await room;
    assertEquals(sender.send(batchOfSizes([9, 10])), 2);
    assertEquals([events.drains, events.failures], [1, []]);
  });
}

test("trains that the interface cannot cut leave as packets from then on", () => {
  const { sender, events, sent } = open((trains) => (trains[0] ? -E.EIO : trains.length));
  assertEquals(sender.send(batchOfSizes([8, 8])), 2);
  assertEquals(sender.send(batchOfSizes([8, 8])), 2);
  assertEquals(sent, [[true], [false, false], [false, false]]);
  assertEquals(events.failures, []);
});

for (const errno of [E.EMSGSIZE, E.EINVAL]) {
  test(`trains too long for the interface's frames do, shorter ones do not (${errno})`, () => {
    const { sender, sent } = open((trains, call) => (call === 0 ? -errno : trains.length));
    assertEquals(sender.send(batchOfSizes([2000, 2000, 100, 100])), 4);
    assertEquals(sent, [
      // The first of the short ones ends the long ones' train.
      [true, false],
      [false, false, true],
    ]);
  });
}

test("a packet that the system refuses is told of, and the rest leaves", () => {
  const EPERM = 1;
  const { sender, events, sent } = open((trains, call) => (call === 0 ? -EPERM : trains.length));
  assertEquals(sender.send(batchOfSizes([7, 8, 9])), 3);
  assertEquals(sent.length, 2);
  assertEquals(events.failures, [
    'Cannot send to "239.255.0.1:6000": the system forbids it: look at the firewall',
  ]);
});

test("a call that a signal broke off is made again", () => {
  const { sender, events } = open((trains, call) => (call < 3 ? -E.EINTR : trains.length));
  assertEquals(sender.send(batchOfSizes([7])), 1);
  assertEquals(events.failures, []);
});

test("one turn takes so many packets and no more", async () => {
  const { sender, events } = open((trains) => trains.length);
  const sizes = Array.from({ length: TURN_MAX + 10 }, () => 36);
  const room = events.room();
  assertEquals(sender.send(batchOfSizes(sizes)), TURN_MAX);
  assertEquals(sender.send(batchOfSizes([36])), 0);
  await room;
  assertEquals(sender.send(batchOfSizes([36])), 1);
  assertEquals(events.drains, 1);
});
