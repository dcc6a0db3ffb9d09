import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { FeedEvent } from "../../modules/core/events.ts";
import { lineOf } from "../../modules/reports/lines.ts";
import { type Paint, PLAIN } from "../../modules/reports/paint.ts";

const ONE = { atNs: 0, from: 10, until: 11 };
const SEVERAL = { atNs: 0, from: 10, until: 13 };

/** What the demo that feedlab descends from prints, as its source has it; X is what comes from outside. */
const ANCESTOR: readonly (readonly [FeedEvent, string])[] = [
  [{ event: "sent", line: "a", text: "SEQ:7|PRICE:107", ...ONE }, "Sent: SEQ:7|PRICE:107"],
  [{ event: "dropped", line: "a", rule: "every 5", ...ONE }, "Dropped packet SEQ:10"],
  [{ event: "received", line: "a", text: "SEQ:7|PRICE:107", ...ONE }, "Received: SEQ:7|PRICE:107"],
  [
    { event: "asking", attempt: 1, ...ONE },
    "⚠️ Missing packet(s)! Requesting SEQ:10 from recovery server...",
  ],
  [
    { event: "requested", attempt: 1, text: "GET SEQ:10", ...ONE },
    "Sending recovery request: GET SEQ:10",
  ],
  [
    { event: "recovered", text: "Recovered data for SEQ:10", ...ONE },
    "✅ Recovered: Recovered data for SEQ:10",
  ],
  [{ event: "lost", reason: "not found", ...ONE }, "❌ No data received for SEQ:10"],
  [
    { event: "recovery-failed", reason: "X", ...ONE },
    "❌ Failed to recover SEQ:10 due to error: X",
  ],
  [
    { event: "recovery-unreachable", atNs: 0, reason: "refused" },
    "❌ Could not connect to recovery server.",
  ],
  [{ event: "request", atNs: 0, peer: "p", text: "GET SEQ:10" }, "Received request: GET SEQ:10"],
];

/** What the demo had no words for; undefined is not told. */
const OURS: readonly (readonly [FeedEvent, string | undefined])[] = [
  [{ event: "dropped", line: "a", rule: "every 5", ...SEVERAL }, "Dropped packet SEQ:10..12"],
  [{ event: "lost", reason: "not found", ...SEVERAL }, "❌ No data received for SEQ:10..12"],
  [
    { event: "asking", attempt: 1, ...SEVERAL },
    "⚠️ Missing packet(s)! Requesting SEQ:10..12 from recovery server...",
  ],
  [{ event: "asking", attempt: 2, ...ONE }, undefined],
  [
    { event: "gap", recovery: false, ...SEVERAL },
    "⚠️ Missing packet(s)! SEQ:10..12, and no recovery server",
  ],
  [{ event: "gap", recovery: true, ...ONE }, undefined],
  [{ event: "send-failed", atNs: 0, line: "a", reason: "X" }, "❌ Could not send on line a: X"],
  [
    { event: "buffer-short", atNs: 0, line: "a", side: "send", reason: "too little" },
    "⚠️ Line a: too little",
  ],
  [{ event: "listener-paused", atNs: 0, pause: "p" }, "⚠️ Listener stops reading"],
  [{ event: "listener-resumed", atNs: 0, pause: "p" }, "Listener reads again"],
  [
    { event: "overflowed", line: "a", pause: "p", ...SEVERAL },
    "⚠️ Line a: no room for SEQ:10..12, nobody reads",
  ],
  [
    { event: "malformed", atNs: 0, line: "a", fault: "bad-number", text: "SEQ:x" },
    "❌ Malformed packet (bad-number): SEQ:x",
  ],
  [{ event: "refused", atNs: 0, peer: "p", reason: "X" }, "❌ Refused p: X"],
  [{ event: "duplicate", line: "a", ...ONE }, undefined],
  [{ event: "delivered", via: "line", ...ONE }, undefined],
  [{ event: "filled", via: "recovery", ...ONE }, undefined],
  [{ event: "feed-ended", atNs: 0, next: 23 }, undefined],
];

test("the ten lines of the demo, to the letter", () => {
  assertEquals(ANCESTOR.length, 10);
  for (const [event, line] of ANCESTOR) assertEquals(lineOf(event, PLAIN), line);
});

test("what the demo had no words for", () => {
  for (const [event, line] of OURS) assertEquals(lineOf(event, PLAIN), line, event.event);
});

test("colour is added around the characters, and changes none", () => {
  const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
  const names = ["good", "bad", "warn", "ask", "faint", "bold"] as const;
  const paint = Object.fromEntries(names.map((name) => [name, mark(name)])) as unknown as Paint;
  for (const [event, line] of [...ANCESTOR, ...OURS]) {
    const painted = lineOf(event, paint);
    assertEquals(painted?.replaceAll(/<\/?\w+>/g, ""), line);
    assert(line === undefined || /^<(\w+)>[^<]*<\/\1>$/.test(painted!), painted);
  }
});

test("no colour is no change", () => {
  for (const paint of Object.values(PLAIN)) assertEquals((paint as Paint["good"])("text"), "text");
});
