import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { SEQ_MAX } from "../../modules/core/seq.ts";
import {
  PACKET_BYTES_MAX,
  Sequencer,
  type SequencerOptions,
} from "../../modules/protocol/sequencer.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { letters } from "../support/feed-recorder.ts";
import { frames, showFrame } from "../support/frames.ts";

interface Recorded {
  readonly sequencer: Sequencer;
  readonly store: MemoryStore;
  readonly packets: string[];
}

function record(more: Partial<SequencerOptions> = {}, first = 1): Recorded {
  const store = new MemoryStore(first);
  const packets: string[] = [];
  const show = ({ bytes, kind, seq, count, msg, dueNs }: PacketRef): void => {
    packets.push(`${showFrame(bytes)} @${dueNs}`);
    assertEquals(msg, seq - first + 1);
    assertEquals(count > 0, kind === "data");
  };
  const options = { codec: frames(), source: letters(), store, batch: 1, ...more };
  return { sequencer: new Sequencer(options, show), store, packets };
}

/** Has one message published, and returns how many were. */
function publish(sequencer: Sequencer, due: number): number {
  return sequencer.publish(Float64Array.of(due), 0, 1);
}

test("messages that are due together are taken up to the end of their packet", () => {
  const { sequencer, packets } = record({ batch: 3 });
  const dues = Float64Array.of(9, 0, 1, 2, 3, 9);
  assertEquals(sequencer.publish(dues, 1, 5), 3);
  assertEquals(sequencer.publish(dues, 4, 5), 1);
  assertEquals([packets, sequencer.next, sequencer.waiting], [["1..3 a,b,c @2"], 5, 1]);
});

test("a message is a packet, and is stored before it leaves", () => {
  const stored: number[] = [];
  const store = new MemoryStore(7);
  const sequencer = new Sequencer(
    { codec: frames(), source: letters(), store, batch: 1 },
    ({ seq }) => stored.push(store.next - seq),
  );
  publish(sequencer, 0);
  publish(sequencer, 5);
  assertEquals(stored, [1, 1]);
  assertEquals(sequencer.next, 9);
});

test("a batch leaves when it is full, due when its last message is", () => {
  const { sequencer, store, packets } = record({ batch: 3 });
  for (const due of [0, 10, 20, 30]) publish(sequencer, due);
  assertEquals(packets, ["1..3 a,b,c @20"]);
  assertEquals([sequencer.waiting, sequencer.next, store.next], [1, 5, 4]);
  sequencer.flush(35);
  sequencer.flush(36);
  assertEquals(packets.slice(1), ["4 d @35"]);
  assertEquals(sequencer.waiting, 0);
});

test("no packet holds more than its codec can carry", () => {
  const { sequencer, packets } = record({ codec: frames(2), batch: 8 });
  for (const due of [0, 1, 2]) publish(sequencer, due);
  assertEquals(packets, ["1..2 a,b @1"]);
  const one = record({ codec: demo.create({}, { epochMs: 0 }).packets, batch: 8 });
  publish(one.sequencer, 0);
  assertEquals(one.packets.length, 1);
});

test("a message that no longer fits begins the next packet", () => {
  const long = {
    write: (_seq: number, into: Uint8Array, at: number) =>
      into.fill(0x61, at, at + 250).length && 250,
  };
  const { sequencer, packets } = record({ batch: 16, source: long });
  for (let due = 0; due < 12; due++) publish(sequencer, due);
  // 5 bytes of header, and 251 for each message: five of them in 1472.
  assertEquals(
    packets.map((packet) => packet.replaceAll("a".repeat(250), "a")),
    ["1..5 a,a,a,a,a @5", "6..10 a,a,a,a,a @10"],
  );
  assertEquals(sequencer.waiting, 2);
});

test("a source that ends takes no number", () => {
  const { sequencer, store } = record({ source: letters(1) });
  assertEquals(publish(sequencer, 0), 1);
  assertEquals(publish(sequencer, 1), 0);
  assertEquals([sequencer.next, store.next], [2, 2]);
});

test("numbers end where the next one could not be said any more", () => {
  const { sequencer, packets } = record({}, SEQ_MAX - 2);
  const published = [0, 1, 2].map((due) => publish(sequencer, due));
  assertEquals(published, [1, 1, 0]);
  assertEquals([sequencer.next, packets.length], [SEQ_MAX, 2]);
});

test("heartbeats and ends of session name the next number and take none", () => {
  const { sequencer, packets } = record({ batch: 2 }, 10);
  sequencer.heartbeat(0);
  publish(sequencer, 1);
  publish(sequencer, 1);
  sequencer.endOfSession(2);
  assertEquals(packets, ["heartbeat 10 @0", "10..11 j,k @1", "end-of-session 12 @2"]);
});

test("what waits must not seem lost", () => {
  const { sequencer } = record({ batch: 2 });
  publish(sequencer, 0);
  assertThrows(() => sequencer.heartbeat(1), Error, "heartbeat packet overtakes 1 messages");
  const plain = record({ codec: demo.create({}, { epochMs: 0 }).packets });
  assertThrows(() => plain.sequencer.heartbeat(0), Error, "the protocol has no heartbeat packet");
});

test("a message larger than any packet is our fault, and said", () => {
  const source = { write: () => PACKET_BYTES_MAX };
  const { sequencer } = record({ source });
  assertThrows(() => publish(sequencer, 0), Error, "message 1 of 1472 bytes fits no packet");
});
