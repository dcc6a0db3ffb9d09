import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView } from "../../../modules/codecs/codec.ts";
import { cta } from "../../../modules/codecs/cta.ts";
import { ctaRecovery } from "../../../modules/codecs/recovery/cta.ts";
import type {
  AnswerSink,
  Refusal,
  RequestSink,
  ServerDialogue,
} from "../../../modules/codecs/recovery/recovery.ts";
import type { CallOf } from "../../../modules/core/machine.ts";
import type { Seq } from "../../../modules/core/seq.ts";
import { fromHex } from "../../support/hex.ts";
import { record } from "../../support/record.ts";

const deps = { epochMs: 0x6553f100 * 1000 };
const { packets } = cta.create({ feed: "trades", version: 2 }, deps);
const recovery = ctaRecovery.create({ feed: "trades", version: 2, line: 3 }, deps);

/** Request 7, for 1001..1050 of line 3: what the layout says, field by field. */
const REQUEST = fromHex("00 12 52 54 00 03 00 00 00 07 00 00 03 e9 00 00 04 1a");

/** The response to it: a size, `A`, what was asked, and the status. */
function response(status: string, from = 1001, last = 1050): Uint8Array {
  const bytes = new Uint8Array(19);
  bytes.set(REQUEST);
  bytes.set([0, 19, 0x41]);
  new DataView(bytes.buffer).setUint32(10, from);
  new DataView(bytes.buffer).setUint32(14, last);
  bytes[18] = status.charCodeAt(0);
  return bytes;
}

function message(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint16(0, length);
  bytes.set([0x54, 0x4c], 2);
  return bytes;
}

/** A server's dialogue, and what it has told its sink since the last time. */
interface Served {
  readonly dialogue: ServerDialogue;
  readonly take: () => CallOf<RequestSink>[];
}

function serve(): Served {
  const recorded = record<RequestSink>();
  return { dialogue: recovery.server(recorded.sink), take: () => recorded.take() };
}

/** What a client learns from the chunks, each of which is overwritten after it was read. */
function heard(chunks: readonly Uint8Array[], end = false): unknown[] {
  const { sink, calls } = record<AnswerSink>();
  const dialogue = recovery.client(sink);
  for (const chunk of chunks) {
    const lent = chunk.slice();
    dialogue.push(lent);
    lent.fill(0xdd);
  }
  if (end) dialogue.end();
  return calls;
}

function understood(chunks: readonly Uint8Array[], end = false): unknown[] {
  const { dialogue, take } = serve();
  for (const chunk of chunks) {
    const lent = chunk.slice();
    dialogue.push(lent);
    lent.fill(0xdd);
  }
  if (end) dialogue.end();
  return take();
}

/** The blocks that were sent to the group, as `number, messages`. */
function blocksOf(calls: readonly unknown[][]): [Seq, number][] {
  return calls.flatMap(([name, bytes]) => {
    if (name !== "repair") return [];
    const view = createView(packets.messagesMax);
    assertEquals(packets.decode(bytes as Uint8Array, view), undefined);
    assertEquals([view.kind, view.repair], ["data", true]);
    return [[view.seq, view.count]];
  });
}

test("a request is these bytes, and means them", () => {
  const asked = { session: "", from: 1001, until: 1051 };
  assertEquals(recovery.client(record<AnswerSink>().sink).ask(7, asked), REQUEST);
  const text = "CTS request 1001..1050 of line 3";
  assertEquals(recovery.describeRequest(asked), text);
  assertEquals(understood([REQUEST]), [["request", 7, asked, text]]);
});

test("numbers that there cannot be are not asked for", () => {
  const bytes = recovery
    .client(record<AnswerSink>().sink)
    .ask(1, { session: "", from: 5, until: Number.MAX_SAFE_INTEGER });
  assertEquals([...bytes.subarray(14)], [0xff, 0xff, 0xff, 0xff]);
});

test("an answer is a word to whoever asked, and blocks to all", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(7, { session: "", from: 1001, until: 1051 }, 0);
  for (let seq = 1001; seq < 1051; seq++) dialogue.message(seq, message(76));
  dialogue.finish(1051, 1051, 0);
  const calls = take();
  assertEquals(calls[0], ["reply", response("A")]);
  // 12 messages of 76 bytes fit into the 980 of a block.
  assertEquals(blocksOf(calls), [
    [1001, 12],
    [1013, 12],
    [1025, 12],
    [1037, 12],
    [1049, 2],
  ]);
  assertEquals(calls.length, 6);
  assertEquals(heard([response("A")]), [["accepted", 7]]);
});

test("the part that is not there is named after all others were sent", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(7, { session: "", from: 1001, until: 1003 }, 0);
  dialogue.message(1001, message(76));
  dialogue.message(1002, message(76));
  dialogue.finish(1003, 1051, 0);
  const calls = take();
  assertEquals(blocksOf(calls), [[1001, 2]]);
  assertEquals(
    [calls[0], calls[2]],
    [
      ["reply", response("A", 1001, 1002)],
      ["reply", response("E", 1003, 1050)],
    ],
  );
  assertEquals(heard([response("A", 1001, 1002), response("E", 1003, 1050)]), [
    ["accepted", 7],
    ["answered", 7],
  ]);
});

test("the part before the first that is kept is named as well", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(7, { session: "", from: 1050, until: 1051 }, 0);
  dialogue.message(1050, message(76));
  dialogue.finish(1051, 1051, 0);
  assertEquals(take().at(-1), ["reply", response("E", 1001, 1049)]);
});

test("nothing at all is there", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(7, { session: "", from: 1001, until: 1001 }, 0);
  dialogue.finish(1001, 1051, 0);
  assertEquals(take(), [["reply", response("N")]]);
  assertEquals(heard([response("N")]), [["refused", 7, "not there", true]]);
});

test("each refusal has its status, and each status its reason", () => {
  const refusals: readonly [Refusal, string, string, boolean][] = [
    ["not-found", "N", "not there", true],
    ["too-many", "M", "too many for one request", true],
    ["quota", "Q", "asked too often", false],
    ["session", "L", "no such feed or line", true],
  ];
  for (const [why, status, reason, final] of refusals) {
    const { dialogue, take } = serve();
    dialogue.refuse(7, { session: "", from: 1001, until: 1051 }, why, 0);
    assertEquals(take(), [["reply", response(status)]]);
    assertEquals(heard([response(status)]), [["refused", 7, reason, final]]);
  }
});

test("what a request cannot mean is turned down at once", () => {
  const line = REQUEST.slice();
  line[5] = 4;
  const feed = REQUEST.slice();
  feed[3] = 0x51;
  const range = fromHex("00 12 52 54 00 03 00 00 00 07 00 00 03 e9 00 00 03 e8");
  const answer = (to: Uint8Array, status: string): Uint8Array => {
    const bytes = Uint8Array.of(...to, status.charCodeAt(0));
    bytes.set([0, 19, 0x41]);
    return bytes;
  };
  for (const [request, status, reason] of [
    [line, "L", "no such feed or line"],
    [feed, "L", "no such feed or line"],
    [range, "R", "the last number is before the first"],
  ] as const) {
    assertEquals(understood([request]), [["reply", answer(request, status)], ["alive"]]);
    assertEquals(heard([answer(request, status)]), [["refused", 7, reason, true]]);
  }
});

test("what is neither request nor response is a fault", () => {
  const fault = (call: unknown): unknown => (call as unknown[])[1];
  const notR = REQUEST.slice();
  notR[2] = 0x72;
  assertEquals(understood([notR]).map(fault), ["bad-kind"]);
  assertEquals(understood([fromHex("00 11")]).map(fault), ["bad-length"]);
  assertEquals(understood([REQUEST.subarray(0, 5)], true).map(fault), ["truncated"]);
  const notA = response("A");
  notA[2] = 0x61;
  assertEquals(heard([notA]).map(fault), ["bad-kind"]);
  assertEquals(heard([response("?")]).map(fault), ["bad-message"]);
  assertEquals(heard([REQUEST]).map(fault), ["bad-length"]);
  assertEquals(heard([response("A").subarray(0, 1)], true).map(fault), ["truncated"]);
});

/** Bytes that look like one side of a dialogue here and there. */
const streams = fc
  .array(
    fc.oneof(
      fc.constantFrom(REQUEST, ...["A", "E", "N", "Q", "?"].map((status) => response(status))),
      fc.uint8Array({ maxLength: 20 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

for (const read of [heard, understood]) {
  test(`${read.name}: byte by byte gives what all at once gives`, () =>
    fc.assert(
      fc.property(streams, (bytes) => {
        const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
        assertEquals(read(single, true), read([bytes], true));
      }),
      { numRuns: 500 },
    ));
}

test("whatever is sent again is cut into blocks that hold it all, in order", () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 26, max: 980 }), { minLength: 1, maxLength: 40 }),
      fc.nat(2 ** 32 - 100),
      (lengths, from) => {
        const { dialogue, take } = serve();
        dialogue.begin(1, { session: "", from, until: from + lengths.length }, 0);
        for (const [i, length] of lengths.entries()) dialogue.message(from + i, message(length));
        dialogue.finish(from + lengths.length, from + lengths.length, 0);
        let next = from;
        for (const [seq, count] of blocksOf(take())) {
          assertEquals(seq, next);
          next += count;
        }
        assertEquals(next, from + lengths.length);
      },
    ),
  ));

test("the options are checked", () => {
  assert(ctaRecovery.options.safeParse({}).success);
  assert(!ctaRecovery.options.safeParse({ line: 65536 }).success);
  assert(!cta.options.safeParse({ feed: "news" }).success);
  assert(!cta.options.safeParse({ version: 1 }).success);
  assertEquals(cta.options.parse({}), { feed: "trades", version: 2 });
});
