import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { test } from "node:test";
import { createView } from "../../modules/codecs/codec.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { createRng } from "../../modules/core/rng.ts";
import { SEQ_MAX } from "../../modules/core/seq.ts";
import { MILLISECOND, NEVER } from "../../modules/core/time.ts";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { Arbiter, ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { Feed, type FeedSink } from "../../modules/protocol/feed.ts";
import { createSchedule, type Schedule } from "../../modules/protocol/schedule.ts";
import type { Rule } from "../../modules/protocol/tap.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import {
  copyRule,
  delayRule,
  dropRule,
  FeedRecorder,
  type FeedSetup,
  holdRule,
  letters,
  listed,
} from "../support/feed-recorder.ts";
import { frames } from "../support/frames.ts";

const seqs =
  (...numbers: number[]) =>
  ({ kind, seq, count }: PacketRef): boolean =>
    kind === "data" && numbers.some((n) => n >= seq && n < seq + count);

/** All that a feed sends, on line A alone, from beginning to end. */
function sends(setup: FeedSetup): string[] {
  return new FeedRecorder(setup).until().filter((line) => line.startsWith("A "));
}

test("messages leave on every line when they are due", () => {
  const feed = new FeedRecorder({ lines: [[], []] });
  assertEquals(feed.until(1), [
    "A 1 a @0",
    "B 1 a @0",
    "published 1 @0",
    "A 2 b @1",
    "B 2 b @1",
    "published 2 @1",
  ]);
  assertEquals(feed.feed.deadline(), 2 * MILLISECOND);
  assertEquals(feed.until(), ["A 3 c @2", "B 3 c @2", "published 3 @2", "finished"]);
  assertEquals(feed.feed.deadline(), NEVER);
});

test("the schedule begins at the start, and is told in its own time", () => {
  const feed = new FeedRecorder({ start: 100 * MILLISECOND });
  assertEquals(feed.until(99), []);
  assertEquals(feed.until(101), ["A 1 a @0", "published 1 @0", "A 2 b @1", "published 2 @1"]);
});

test("two lines with rules of their own lose different packets", () => {
  const feed = new FeedRecorder({
    lines: [[dropRule(seqs(1), "x")], [delayRule(5, seqs(2)), dropRule(seqs(3), "y")]],
  });
  assertEquals(
    feed.until().filter((line) => !line.startsWith("published")),
    [
      "dropped A 1 a by x @0",
      "B 1 a @0",
      "A 2 b @1",
      "A 3 c @2",
      "dropped B 3 c by y @2",
      "B 2 b @6",
      "finished",
    ],
  );
  assertEquals(
    feed.feed.counts.map((rules) => rules.map(({ name, hits, seen }) => `${name} ${hits}/${seen}`)),
    [["x 1/3"], ["delay 1/3", "y 1/3"]],
  );
});

test("what waited longer leaves first when both are due at one instant", () => {
  const lines = [[delayRule(2, seqs(1))]];
  assertEquals(sends({ lines }), ["A 2 b @1", "A 1 a @2", "A 3 c @2"]);
});

test("held, the feed stands still; then everything is late and nothing is lost", () => {
  const feed = new FeedRecorder();
  feed.until(0);
  feed.feed.hold(true);
  assertEquals(feed.feed.deadline(), NEVER);
  assertEquals(feed.late(50), []);
  feed.feed.hold(false);
  assertEquals(feed.feed.deadline(), MILLISECOND);
  assertEquals(feed.late(50), [
    "A 2 b @1",
    "published 2 @1",
    "A 3 c @2",
    "published 3 @2",
    "finished",
  ]);
});

test("a feed ends after its messages, with the last one", () => {
  const feed = new FeedRecorder({ end: { messages: 2, duration: Infinity } });
  assertEquals(feed.until(1).at(-1), "finished");
  assertEquals(feed.feed.next, 3);
});

test("a feed without an end ends with the numbers", () => {
  const recorder = new FeedRecorder({
    store: new MemoryStore(SEQ_MAX - 1),
    schedule: listed([0, 10, 20, 30]),
  });
  assertEquals(
    recorder.until().filter((line) => !line.startsWith("A ")),
    [`published ${SEQ_MAX - 1} @0`, "finished"],
  );
  assertEquals(recorder.feed.next, SEQ_MAX);
});

test("a feed ends after its time, which the last message need not fill", () => {
  const feed = new FeedRecorder({ end: { messages: Infinity, duration: 1.5 * MILLISECOND } });
  assertEquals(feed.until(1).at(-1), "published 2 @1");
  assertEquals(feed.feed.deadline(), 1.5 * MILLISECOND);
  assertEquals(feed.until(1.5), ["finished"]);
  // Half-open: what is due as the time is over is no part of it.
  const sharp = new FeedRecorder({ end: { messages: Infinity, duration: 2 * MILLISECOND } });
  assertEquals(sharp.until().slice(-2), ["published 2 @1", "finished"]);
});

test("a feed whose schedule is over lasts as long as it was told to", () => {
  const feed = new FeedRecorder({ end: { messages: Infinity, duration: 9 * MILLISECOND } });
  assertEquals(feed.until(8).at(-1), "published 3 @2");
  assertEquals(feed.until(9), ["finished"]);
});

test("a feed ends when its source does", () => {
  const feed = new FeedRecorder({ source: letters(2) });
  assertEquals(feed.until(1).at(-1), "published 2 @1");
  assertEquals(feed.until(2), ["finished"]);
});

test("the feed is over when the last delayed packet has left", () => {
  const feed = new FeedRecorder({ lines: [[delayRule(10)], [delayRule(5)]] });
  assertEquals(feed.until().slice(-3), ["A 2 b @11", "A 3 c @12", "finished"]);
});

test("what a rule holds back leaves as the feed ends, through the rules below", () => {
  const lines = [[holdRule(5, seqs(2, 3)), delayRule(1, seqs(3))]];
  const feed = new FeedRecorder({ lines, end: { messages: 3, duration: Infinity } });
  assertEquals(feed.until().slice(-4), ["published 3 @2", "A 2 b @2", "A 3 c @3", "finished"]);
  // With time left on the schedule it is held until that time is over.
  const longer = new FeedRecorder({
    lines: [[holdRule(5, seqs(2))]],
    end: { messages: Infinity, duration: 9 * MILLISECOND },
  });
  assertEquals(longer.until(8).at(-1), "published 3 @2");
  assertEquals(longer.until(9), ["A 2 b @9", "finished"]);
});

test("a batch leaves when it is full, and the rest with the last message", () => {
  const schedule = listed([0, 1, 2, 3, 4]);
  assertEquals(sends({ schedule, batch: 2 }), ["A 1..2 a,b @1", "A 3..4 c,d @3", "A 5 e @4"]);
  const end = { messages: 3, duration: 9 * MILLISECOND };
  assertEquals(sends({ schedule: listed([0, 1, 2, 3]), batch: 2, end }), [
    "A 1..2 a,b @1",
    "A 3 c @2",
  ]);
  const source = letters(3);
  assertEquals(sends({ schedule: listed([0, 1, 2, 3]), batch: 2, source }), [
    "A 1..2 a,b @1",
    "A 3 c @3",
  ]);
});

test("a batch holds messages of one phase only", () => {
  const schedule = listed([0, 1, 2], [7, 8, 9], [], [20]);
  const feed = new FeedRecorder({ schedule, batch: 2 });
  assertEquals(feed.until(), [
    "published 1 @0",
    "A 1..2 a,b @1",
    "published 2 @1",
    "published 3 @2",
    "A 3 c @2",
    "published 4' @7",
    "A 4..5 d,e @8",
    "published 5' @8",
    "published 6' @9",
    "A 6 f @9",
    "published 7''' @20",
    "A 7 g @20",
    "finished",
  ]);
});

test("a heartbeat follows when nothing was sent for that long", () => {
  const feed = { schedule: listed([1, 2, 9]), heartbeat: 3 * MILLISECOND };
  assertEquals(sends(feed), [
    "A 1 a @1",
    "A 2 b @2",
    "A heartbeat 3 @5",
    "A heartbeat 3 @8",
    "A 3 c @9",
    "A heartbeat 4 @12",
  ]);
});

test("a message that is due as a heartbeat would be is sent in its place", () => {
  const feed = { schedule: listed([3, 6]), heartbeat: 3 * MILLISECOND };
  assertEquals(sends(feed), ["A 1 a @3", "A 2 b @6", "A heartbeat 3 @9"]);
});

test("silence at the beginning has heartbeats, and one at the end that was told of is enough", () => {
  const feed = {
    schedule: listed([5]),
    heartbeat: 2 * MILLISECOND,
    end: { messages: Infinity, duration: 8 * MILLISECOND },
  };
  const recorder = new FeedRecorder(feed);
  assertEquals(recorder.until(), [
    "A heartbeat 1 @2",
    "A heartbeat 1 @4",
    "A 1 a @5",
    "published 1 @5",
    "A heartbeat 2 @7",
    "finished",
  ]);
});

test("a batch that waits is sent when a heartbeat would be: silence hides no message", () => {
  const feed = { schedule: listed([0, 20]), batch: 4, heartbeat: 3 * MILLISECOND };
  assertEquals(sends(feed).slice(0, 3), ["A 1 a @3", "A heartbeat 2 @6", "A heartbeat 2 @9"]);
});

test("heartbeats count from what the feed sends, not from what the rules let through", () => {
  const heartbeat = 3 * MILLISECOND;
  const schedule = (): Schedule => listed([0, 2, 4]);
  const dropped = [dropRule(({ kind }) => kind === "data")];
  assertEquals(sends({ schedule: schedule(), heartbeat, lines: [dropped] }), ["A heartbeat 4 @7"]);
  const late = [delayRule(10)];
  assertEquals(sends({ schedule: schedule(), heartbeat, lines: [late] }), [
    "A 1 a @10",
    "A 2 b @12",
    "A 3 c @14",
    "A heartbeat 4 @14",
  ]);
});

test("heartbeats go through the rules like any packet", () => {
  const lines = [[dropRule(({ kind }) => kind === "heartbeat")], []];
  const feed = new FeedRecorder({ schedule: listed([0]), heartbeat: MILLISECOND, lines });
  assertEquals(feed.until().slice(-3), [
    "dropped A heartbeat 2 by drop @1",
    "B heartbeat 2 @1",
    "finished",
  ]);
});

test("ends of session take the place of heartbeats, when everything that was delayed has left", () => {
  const setup = {
    lines: [[delayRule(4)]],
    heartbeat: MILLISECOND,
    endOfSession: { count: 3, every: 10 * MILLISECOND },
    schedule: listed([0, 1]),
  };
  assertEquals(new FeedRecorder(setup).until().slice(-6), [
    "A 1 a @4",
    "A 2 b @5",
    "A end-of-session 3 @5",
    "A end-of-session 3 @15",
    "A end-of-session 3 @25",
    "finished",
  ]);
});

test("an end of session that is delayed does not put off the next", () => {
  const setup = {
    lines: [[delayRule(25, () => true)]],
    endOfSession: { count: 3, every: 10 * MILLISECOND },
    schedule: listed([0]),
  };
  assertEquals(new FeedRecorder(setup).until().slice(1), [
    "A 1 a @25",
    "A end-of-session 2 @50",
    "A end-of-session 2 @60",
    "A end-of-session 2 @70",
    "finished",
  ]);
});

test("a protocol with one message in a packet ignores batches", () => {
  const feed = new FeedRecorder({ codec: demo.create({}, { epochMs: 0 }).packets, batch: 8 });
  assertEquals(feed.until().filter((line) => line.startsWith("A ")).length, 3);
});

/** A feed whose last packets are lost, and an arbiter that hears the rest of it. */
function heard(setup: FeedSetup): string[] {
  const calls: string[] = [];
  const arbiter = new Arbiter(ARBITER_DEFAULTS, {
    deliver: (seq, _bytes, _start, _end, via) => void calls.push(`deliver ${seq} ${via}`),
    gap: (from, until, now) => void calls.push(`gap ${from}..${until - 1} @${now / MILLISECOND}`),
    filled: (from, _until, via) => void calls.push(`filled ${from} ${via}`),
    lost: () => void calls.push("lost"),
    duplicate: (_line, from, until) => void calls.push(`duplicate ${from}..${until - 1}`),
  });
  const codec = frames();
  const view = createView(codec.messagesMax);
  const send: FeedSink["send"] = (_line, { bytes }, dueNs) => {
    assertEquals(codec.decode(bytes, view), undefined);
    arbiter.onPacket(0, view, dueNs);
  };
  const feed = new Feed(
    {
      codec,
      source: letters(),
      store: new MemoryStore(1),
      schedule: listed([0, 1, 2]),
      end: { messages: 3, duration: Infinity },
      lines: [[dropRule(seqs(2, 3))]],
      start: 0,
      ...setup,
    },
    new Proxy({} as FeedSink, {
      get: (_sink, name) => (name === "send" ? send : () => {}),
    }),
  );
  while (feed.deadline() !== NEVER) feed.onDeadline(feed.deadline());
  for (const { from, until } of arbiter.missing) {
    for (let seq = from; seq < until; seq++) arbiter.onRecovered(seq, new Uint8Array(1), 0, 1, 0);
  }
  assertEquals(arbiter.complete, true);
  return calls;
}

test("loss at the tail is noticed by the number of what follows, and recovered", () => {
  const recovered = [
    "filled 2 recovery",
    "deliver 2 recovery",
    "filled 3 recovery",
    "deliver 3 recovery",
  ];
  assertEquals(heard({}), ["deliver 1 line"]);
  assertEquals(heard({ heartbeat: 5 * MILLISECOND }), [
    "deliver 1 line",
    "gap 2..3 @7",
    ...recovered,
  ]);
  assertEquals(heard({ endOfSession: { count: 3, every: MILLISECOND } }), [
    "deliver 1 line",
    "gap 2..3 @2",
    ...recovered,
  ]);
});

test("a heartbeat that says nothing new changes nothing", () => {
  const schedule = listed([0, 9]);
  assertEquals(heard({ schedule, heartbeat: 2 * MILLISECOND, lines: [[]] }), [
    "deliver 1 line",
    "deliver 2 line",
  ]);
});

/** A rule of a random kind with chance of its own; made anew it does the same again. */
function randomRule(seed: string): Rule {
  const rng = createRng(seed);
  const share = rng.float();
  const ms = rng.below(8) / 2;
  const pick = (): boolean => rng.chance(share);
  const rules = [
    () => dropRule(pick),
    () => delayRule(ms, pick),
    () => copyRule(ms, pick),
    () => holdRule(rng.below(3), pick),
  ];
  return rules[rng.below(rules.length)]!();
}

test("however late the machine is, the same packets leave in the same order", () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.string({ maxLength: 8 }),
        lines: fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }),
        batch: fc.integer({ min: 1, max: 4 }),
        heartbeat: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        endOfSession: fc.option(
          fc.record({ count: fc.integer({ min: 1, max: 3 }), every: fc.nat(3) }),
          { nil: undefined },
        ),
        messages: fc.integer({ min: 1, max: 40 }),
        duration: fc.integer({ min: 1, max: 60 }),
        wakes: fc.array(fc.nat(100), { maxLength: 8 }),
      }),
      ({ seed, lines, batch, heartbeat, endOfSession, messages, duration, wakes }) => {
        const setup = (): FeedSetup => ({
          schedule: createSchedule(
            [
              {
                name: "",
                rate: { from: 1000, to: 1000 },
                burst: 1,
                arrivals: "poisson",
                length: NEVER,
                messages: NEVER,
              },
            ],
            createRng(seed),
          ),
          lines: lines.map((rules, line) =>
            Array.from({ length: rules }, (_, i) => randomRule(`${seed}/${line}/${i}`)),
          ),
          batch,
          heartbeat: heartbeat === undefined ? undefined : heartbeat * MILLISECOND,
          endOfSession:
            endOfSession === undefined
              ? undefined
              : { ...endOfSession, every: endOfSession.every * MILLISECOND },
          end: { messages, duration: duration * MILLISECOND },
        });
        // That messages got their numbers may be told of several at once.
        const apart = (log: readonly string[]): readonly string[][] => [
          log.filter((line) => line.startsWith("published")),
          log.filter((line) => !line.startsWith("published")),
        ];
        const punctual = new FeedRecorder(setup());
        const want = apart(punctual.until());
        assertEquals(want[1]!.at(-1), "finished");
        const once = new FeedRecorder(setup());
        assertEquals(apart(once.late(1e6)), want);
        const sometimes = new FeedRecorder(setup());
        const got = wakes.toSorted((a, b) => a - b).flatMap((ms) => sometimes.late(ms));
        assertEquals(apart([...got, ...sometimes.late(1e6)]), want);
        assertEquals(once.feed.counts, punctual.feed.counts);
      },
    ),
    { numRuns: 300 },
  );
});
