/** Rules that are for messages, in packets that carry several. */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import type { Rule } from "../../modules/protocol/tap.ts";
import { FeedRecorder, letters, listed } from "../support/feed-recorder.ts";

/** Loses the messages of these numbers, one by one. */
function losing(...seqs: readonly number[]): Rule {
  return {
    name: "lost",
    byMessage: true,
    impairment: {
      apply(message: PacketRef, at, emit) {
        if (!seqs.includes(message.seq)) emit(message, at);
      },
    },
  };
}

/** Six messages, three in a packet. */
function six(...rules: readonly Rule[]): FeedRecorder {
  const schedule = listed([0, 1, 2, 3, 4, 5]);
  return new FeedRecorder({ schedule, source: letters(6), batch: 3, lines: [rules] });
}

const sent = (feed: FeedRecorder): string[] =>
  feed.until().filter((line) => !/^(?:published|finished)/.test(line));

test("a packet leaves without the messages that are lost, in as many packets as it takes", () => {
  assertEquals(sent(six(losing(2, 4, 5))), [
    "dropped A 2 b by lost @2",
    "A 1 a @2",
    "A 3 c @2",
    "dropped A 4 d by lost @5",
    "dropped A 5 e by lost @5",
    "A 6 f @5",
  ]);
});

test("a packet that loses nothing is what it was", () =>
  assertEquals(sent(six(losing())), ["A 1..3 a,b,c @2", "A 4..6 d,e,f @5"]));

test("a packet that loses everything does not leave", () =>
  assertEquals(
    sent(six(losing(4, 5, 6))).filter((line) => !line.startsWith("dropped")),
    ["A 1..3 a,b,c @2"],
  ));

test("messages are what it counts", () => {
  const feed = six(losing(2, 4, 5));
  feed.until();
  assertEquals(feed.feed.counts, [[{ name: "lost", seen: 6, hits: 3 }]]);
});

test("a rule below sees the packets that are left", () => {
  const seen: string[] = [];
  const watching: Rule = {
    name: "watching",
    impairment: {
      apply(packet, at, emit) {
        seen.push(`${packet.seq} x${packet.count}, message ${packet.msg}`);
        emit(packet, at);
      },
    },
  };
  six(losing(2), watching).until();
  assertEquals(seen, ["1 x1, message 1", "3 x1, message 3", "4 x3, message 4"]);
});
