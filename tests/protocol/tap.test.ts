import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { MILLISECOND, type Nanos } from "../../modules/core/time.ts";
import { type Rule, Tap, type TapSink } from "../../modules/protocol/tap.ts";
import { copyRule, delayRule, dropRule, holdRule } from "../support/feed-recorder.ts";

/** Packets as their number and the time in ms: `2 @3`. */
class TapRecorder {
  readonly tap: Tap;
  readonly log: string[] = [];

  constructor(...rules: readonly Rule[]) {
    const calls: Partial<TapSink> = {
      send: (packet, now) => void this.log.push(`${text(packet)} @${now / MILLISECOND}`),
      dropped: (packet, rule, now) =>
        void this.log.push(`dropped ${packet.seq} by ${rule} @${now / MILLISECOND}`),
    };
    const sink = new Proxy(calls as TapSink, {
      get: (target, name: keyof TapSink) => target[name] ?? (() => {}),
    });
    this.tap = new Tap(rules, sink);
  }

  /** Packets, one a millisecond from number `from` on, each in the same lent bytes. */
  packets(from: number, count: number, kind: PacketRef["kind"] = "data"): string[] {
    const bytes = new Uint8Array(1);
    for (let seq = from; seq < from + count; seq++) {
      this.#wake(seq);
      bytes[0] = seq;
      const dueNs = seq * MILLISECOND;
      this.tap.onPacket({ bytes, kind, seq, count: 1, msg: seq, ordinal: seq, dueNs }, dueNs);
    }
    bytes[0] = 0;
    return this.log.splice(0);
  }

  until(ms: number): string[] {
    this.#wake(ms);
    return this.log.splice(0);
  }

  #wake(ms: number): void {
    const now: Nanos = ms * MILLISECOND;
    while (this.tap.deadline() <= now) this.tap.onDeadline(this.tap.deadline());
  }

  counts(): string[] {
    return this.tap.counts.map(({ name, seen, hits }) => `${name} ${hits} of ${seen}`);
  }
}

/** The number that the bytes say, which must be the packet's. */
function text({ bytes, seq }: PacketRef): string {
  return bytes[0] === seq ? String(seq) : `${seq} with the bytes of ${bytes[0]}`;
}

const is =
  (...numbers: number[]) =>
  ({ seq }: PacketRef): boolean =>
    numbers.includes(seq);

test("without rules a packet leaves at once, in the bytes that were lent", () => {
  const sent: Uint8Array[] = [];
  const tap = new Tap([], {
    send: (packet: PacketRef) => sent.push(packet.bytes),
  } as unknown as TapSink);
  const bytes = Uint8Array.of(1);
  tap.onPacket({ bytes, kind: "data", seq: 1, count: 1, msg: 1, ordinal: 1, dueNs: 0 }, 0);
  assertEquals(sent[0] === bytes, true);
});

test("what is dropped is told with the rule's name, and reaches no rule below", () => {
  const tap = new TapRecorder(dropRule(is(2), "first"), dropRule(is(2, 3), "second"));
  assertEquals(tap.packets(1, 4), [
    "1 @1",
    "dropped 2 by first @2",
    "dropped 3 by second @3",
    "4 @4",
  ]);
  assertEquals(tap.counts(), ["first 1 of 4", "second 1 of 3"]);
});

test("a delayed packet keeps its bytes, and leaves between those that were not delayed", () => {
  const tap = new TapRecorder(delayRule(2.5, is(1)));
  assertEquals(tap.packets(1, 4), ["2 @2", "3 @3", "1 @3.5", "4 @4"]);
  assertEquals(tap.counts(), ["delay 1 of 4"]);
});

test("a delay for all keeps the order, also of those due at one instant", () => {
  const tap = new TapRecorder(delayRule(10), copyRule(0));
  assertEquals(tap.packets(1, 2), []);
  assertEquals(tap.until(20), ["1 @11", "1 @11", "2 @12", "2 @12"]);
  assertEquals(tap.counts(), ["delay 2 of 2", "copy 2 of 2"]);
});

test("a copy is a hit of the rule that made it, and a packet of its own below", () => {
  const tap = new TapRecorder(copyRule(5, is(2), "copy"), dropRule(is(2)));
  const sent = [...tap.packets(1, 3), ...tap.until(20)].filter(
    (line) => !line.startsWith("dropped"),
  );
  assertEquals(sent, ["1 @1", "3 @3"]);
  assertEquals(tap.counts(), ["copy 1 of 3", "drop 2 of 4"]);
});

test("a held packet is one hit, and its release is none of the packet that brings it about", () => {
  const tap = new TapRecorder(holdRule(2, is(1)));
  assertEquals(tap.packets(1, 4), ["2 @2", "3 @3", "1 @3", "4 @4"]);
  assertEquals(tap.counts(), ["hold 1 of 4"]);
});

test("nothing is dropped that is only held, and at the end it leaves through the rules below", () => {
  const tap = new TapRecorder(holdRule(9, is(1, 2)), delayRule(1, is(2)));
  assertEquals(tap.packets(1, 3), ["3 @3"]);
  tap.tap.onEnd(3 * MILLISECOND);
  assertEquals(tap.until(9), ["1 @3", "2 @4"]);
  assertEquals(tap.counts(), ["hold 2 of 3", "delay 1 of 3"]);
});

test("after the end more may come: a heartbeat or the end of the session", () => {
  const tap = new TapRecorder(
    holdRule(9, is(1)),
    delayRule(1, () => true),
  );
  tap.packets(1, 1);
  tap.tap.onEnd(MILLISECOND);
  assertEquals(tap.packets(3, 1, "end-of-session"), ["1 @2"]);
  tap.tap.onEnd(3 * MILLISECOND);
  assertEquals(tap.until(9), ["3 @4"]);
});
