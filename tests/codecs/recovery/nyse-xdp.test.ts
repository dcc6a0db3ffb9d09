import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView } from "../../../modules/codecs/codec.ts";
import { nyseXdp } from "../../../modules/codecs/nyse-xdp.ts";
import {
  writeHeartbeatResponse,
  writeRequest,
} from "../../../modules/codecs/recovery/nyse-xdp/messages.ts";
import { nyseXdpRecovery } from "../../../modules/codecs/recovery/nyse-xdp.ts";
import type {
  AnswerSink,
  Refusal,
  RequestSink,
  ServerDialogue,
} from "../../../modules/codecs/recovery/recovery.ts";
import type { CallOf } from "../../../modules/core/machine.ts";
import { SECOND } from "../../../modules/core/time.ts";
import { fromHex } from "../../support/hex.ts";
import { record } from "../../support/record.ts";

const REQUEST = fromHex(`
  28 00 0b 01 01 00 00 00 00 f1 53 65 f4 01 00 00 18 00 0a 00 e9 03 00 00 1a 04 00 00 46 45 45 44
  4c 41 42 00 00 00 05 01`);
const RESPONSE = fromHex(`
  2d 00 0b 01 01 00 00 00 00 f1 53 65 f4 01 00 00 1d 00 0b 00 01 00 00 00 e9 03 00 00 1a 04 00 00
  46 45 45 44 4c 41 42 00 00 00 05 01 30`);
const HEARTBEAT_RESPONSE = fromHex(`
  1e 00 0b 01 02 00 00 00 00 f1 53 65 f4 01 00 00 0e 00 0c 00 46 45 45 44 4c 41 42 00 00 00`);
const UNAVAILABLE = fromHex(`
  1e 00 15 01 01 00 00 00 00 f1 53 65 f4 01 00 00 0e 00 1f 00 e9 03 00 00 1a 04 00 00 05 01`);
/** The server's: number 1, the time of all the above. */
const HEARTBEAT = fromHex("10 00 01 00 01 00 00 00 00 f1 53 65 f4 01 00 00");

/** The time in all headers is 500 ns after this. */
const deps = { epochMs: 0x6553f100 * 1000 };
const AT = 500;
const options = { product: 5, channel: 1, source: "FEEDLAB", sources: [] };
const recovery = nyseXdpRecovery.create(options, deps);
const { packets } = nyseXdp.create(nyseXdp.options.parse({}), deps);

const ASKED = { session: "", from: 1001, until: 1051 };
const TEXT = "XDP request 1001..1050 from FEEDLAB";

/** The bytes with some others put in at an offset. */
function changed(bytes: Uint8Array, at: number, ...others: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(others, at);
  return copy;
}

/** Packets of a client are given the time at which the run began: it is told no other. */
const timeless = (bytes: Uint8Array): Uint8Array => changed(bytes, 12, 0, 0, 0, 0);

const response = (status: string): Uint8Array => changed(RESPONSE, 44, status.charCodeAt(0));

function message(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint16(0, length, true);
  bytes[2] = 100;
  return bytes;
}

/** A server's dialogue, and what it has told its sink since the last time. */
interface Served {
  readonly dialogue: ServerDialogue;
  readonly take: () => CallOf<RequestSink>[];
}

function serve(sources: readonly string[] = []): Served {
  const recorded = record<RequestSink>();
  const served = nyseXdpRecovery.create({ ...options, sources }, deps);
  return { dialogue: served.server(recorded.sink), take: () => recorded.take() };
}

function feed(dialogue: Pick<ServerDialogue, "push" | "end">, chunks: readonly Uint8Array[]): void {
  for (const chunk of chunks) {
    const lent = chunk.slice();
    dialogue.push(lent);
    lent.fill(0xdd);
  }
}

/** What a client learns from the chunks. */
function heard(...chunks: readonly Uint8Array[]): unknown[] {
  const { sink, calls } = record<AnswerSink>();
  const dialogue = recovery.client(sink);
  feed(dialogue, chunks);
  dialogue.end();
  return calls;
}

/** What a server learns from the chunks. */
function understood(...chunks: readonly Uint8Array[]): unknown[] {
  const { dialogue, take } = serve();
  feed(dialogue, chunks);
  dialogue.end();
  return take();
}

/** What was sent to the group, as `flag, kind, number, count`. */
function repairsOf(calls: readonly unknown[][]): unknown[][] {
  return calls.flatMap(([name, sent]) => {
    if (name !== "repair") return [];
    const bytes = sent as Uint8Array;
    const view = createView(packets.messagesMax);
    assertEquals(packets.decode(bytes, view), undefined);
    assertEquals(view.repair, view.kind === "data");
    return [[bytes[2], view.kind, view.seq, view.count]];
  });
}

test("a request is these bytes, and means them", () => {
  const client = recovery.client(record<AnswerSink>().sink);
  assertEquals(client.ask(1, ASKED), timeless(REQUEST));
  const at = { seconds: 0x6553f100, nanos: AT };
  const range = { product: 5, channel: 1, source: "FEEDLAB", from: 1001, until: 1051 };
  assertEquals(writeRequest({ number: 1, at }, range), REQUEST);
  assertEquals(writeHeartbeatResponse({ number: 2, at }, "FEEDLAB"), HEARTBEAT_RESPONSE);
  assertEquals(recovery.describeRequest(ASKED), TEXT);
  assertEquals(understood(REQUEST), [["request", 1, ASKED, TEXT]]);
  // The number of the packet names the request.
  assertEquals(client.ask(258, ASKED), changed(timeless(REQUEST), 4, 2, 1, 0, 0));
  assertEquals(understood(changed(REQUEST, 4, 2, 1)), [["request", 258, ASKED, TEXT]]);
});

test("numbers that there cannot be are not asked for", () => {
  const client = recovery.client(record<AnswerSink>().sink);
  const bytes = client.ask(1, { session: "", from: 5, until: Number.MAX_SAFE_INTEGER });
  assertEquals([...bytes.subarray(24, 28)], [0xff, 0xff, 0xff, 0xff]);
});

test("an answer that fits is one packet on the group, marked as the only one", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(1, ASKED, AT);
  for (let seq = 1001; seq < 1051; seq++) dialogue.message(seq, message(20));
  dialogue.finish(1051, 1051, AT);
  const calls = take();
  assertEquals(calls[0], ["reply", RESPONSE]);
  assertEquals(repairsOf(calls), [[13, "data", 1001, 50]]);
  assertEquals(heard(RESPONSE), [["accepted", 1]]);
});

test("an answer that does not fit is several, each marked as a part", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(1, ASKED, AT);
  for (let seq = 1001; seq < 1051; seq++) dialogue.message(seq, message(73));
  dialogue.finish(1051, 1051, AT);
  // 18 messages of 73 bytes fit into the 1384 of a packet.
  assertEquals(repairsOf(take()), [
    [15, "data", 1001, 18],
    [15, "data", 1019, 18],
    [15, "data", 1037, 14],
  ]);
});

test("the part beyond what exists is accepted, then named on the group", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(1, { session: "", from: 1001, until: 1003 }, AT);
  for (const seq of [1001, 1002]) dialogue.message(seq, message(20));
  dialogue.finish(1003, 1051, AT);
  const calls = take();
  assertEquals(calls[0], ["reply", RESPONSE]);
  assertEquals(repairsOf(calls), [
    [13, "data", 1001, 2],
    [21, "unavailable", 1003, 48],
  ]);
});

test("so is all of it, in these bytes", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(1, { session: "", from: 1001, until: 1001 }, AT);
  dialogue.finish(1001, 1051, AT);
  assertEquals(take(), [
    ["reply", RESPONSE],
    ["repair", UNAVAILABLE],
  ]);
});

test("and the part before the first that is kept", () => {
  const { dialogue, take } = serve();
  dialogue.push(REQUEST);
  take();
  dialogue.begin(1, { session: "", from: 1050, until: 1051 }, AT);
  dialogue.message(1050, message(20));
  dialogue.finish(1051, 1051, AT);
  assertEquals(repairsOf(take()), [
    [21, "unavailable", 1001, 49],
    [13, "data", 1050, 1],
  ]);
});

test("answers follow each other: the server counts its packets, and each begins anew", () => {
  const { dialogue, take } = serve();
  const answer = (request: number, length: number): CallOf<RequestSink>[] => {
    dialogue.push(changed(REQUEST, 4, request));
    take();
    dialogue.begin(request, ASKED, AT);
    for (let seq = 1001; seq < 1051; seq++) dialogue.message(seq, message(length));
    dialogue.finish(1051, 1051, AT);
    return take();
  };
  assertEquals(repairsOf(answer(1, 73)).length, 3);
  const calls = answer(2, 20);
  assertEquals(calls[0], ["reply", changed(changed(RESPONSE, 4, 2), 20, 2)]);
  assertEquals(repairsOf(calls), [[13, "data", 1001, 50]]);
  dialogue.heartbeat?.(AT);
  assertEquals(take(), [["reply", changed(HEARTBEAT, 4, 3)]]);
});

test("numbers that do not follow each other do not share a packet", () => {
  const { dialogue, take } = serve();
  dialogue.begin(1, ASKED, AT);
  for (const seq of [1001, 1002, 1005]) dialogue.message(seq, message(20));
  dialogue.finish(1006, 1006, AT);
  assertEquals(repairsOf(take()), [
    [15, "data", 1001, 2],
    [15, "data", 1005, 1],
  ]);
});

test("each refusal has its status", () => {
  const refusals: Readonly<Record<Refusal, string>> = {
    "too-many": "3",
    quota: "4",
    "not-found": "6",
    session: "7",
  };
  for (const [why, status] of Object.entries(refusals)) {
    const { dialogue, take } = serve();
    dialogue.push(REQUEST);
    take();
    dialogue.refuse(1, ASKED, why as Refusal, AT);
    assertEquals(take(), [["reply", response(status)]]);
  }
});

test("each status has its reason, and asking the same again is no use", () => {
  const reasons: Readonly<Record<string, string>> = {
    1: "unknown source id",
    2: "no such range",
    3: "too many for one request",
    4: "no requests left for the day",
    5: "no refreshes left for the day",
    6: "too old",
    7: "no such channel",
    8: "no such product",
    9: "not a request that is served",
  };
  for (const [status, reason] of Object.entries(reasons)) {
    assertEquals(heard(response(status)), [["refused", 1, reason, true]]);
  }
  assertEquals(heard(response("?")), [["fault", "bad-message", 'no status "?"']]);
});

test("what a request cannot mean is turned down at once, with what it named", () => {
  const status = (request: Uint8Array, sources: readonly string[] = []): unknown[] => {
    const { dialogue, take } = serve(sources);
    dialogue.push(request);
    const calls = take();
    assertEquals(calls[1], ["alive"]);
    const [name, bytes] = calls[0] as ["reply", Uint8Array];
    assertEquals([name, calls.length], ["reply", 2]);
    // The range, the source, the product and the channel are those of the request.
    assertEquals(bytes.slice(24, 44), request.slice(20, 40));
    return [String.fromCharCode(bytes[44]!)];
  };
  assertEquals(status(REQUEST, ["OTHER", "FEEDLA"]), ["1"]);
  assertEquals(status(changed(REQUEST, 24, 0xe8, 0x03)), ["2"]);
  assertEquals(status(changed(REQUEST, 39, 2)), ["7"]);
  assertEquals(status(changed(REQUEST, 38, 6)), ["8"]);
  const { dialogue, take } = serve(["OTHER", "FEEDLAB"]);
  dialogue.push(REQUEST);
  assertEquals(take(), [["request", 1, ASKED, TEXT]]);
});

test("requests of other types, or of another size, are not served", () => {
  const refresh = Uint8Array.of(...REQUEST.subarray(0, 36));
  const requests = [changed(refresh, 0, 36, 0, 11, 1), changed(REQUEST, 18, 15)];
  requests[0]!.set([20, 0, 10], 16);
  for (const request of requests) {
    const [reply, alive] = understood(request) as [[string, Uint8Array], unknown[]];
    assertEquals(alive, ["alive"]);
    assertEquals(heard(reply[1]), [["refused", 1, "not a request that is served", true]]);
  }
});

test("requests that share a packet are named by the numbers of their messages", () => {
  const both = Uint8Array.of(...REQUEST, ...REQUEST.subarray(16));
  both.set([64, 0, 11, 2, 7], 0);
  assertEquals(understood(both), [
    ["request", 7, ASKED, TEXT],
    ["request", 8, ASKED, TEXT],
  ]);
});

test("the server's heartbeat is answered, and the answer shows that the client lives", () => {
  const { dialogue, take } = serve();
  dialogue.heartbeat?.(AT);
  assertEquals(take(), [["reply", HEARTBEAT]]);
  const { sink, calls } = record<AnswerSink>();
  const client = recovery.client(sink);
  client.ask(1, ASKED);
  client.push(HEARTBEAT);
  assertEquals(calls, [["reply", timeless(HEARTBEAT_RESPONSE)]]);
  assertEquals(understood(HEARTBEAT_RESPONSE), [["alive"]]);
  assertEquals(recovery.serverSilence, 60 * SECOND);
});

test("a heartbeat answered in another's name shows nothing", () => {
  const { dialogue, take } = serve(["OTHER"]);
  dialogue.push(HEARTBEAT_RESPONSE);
  assertEquals(take(), []);
});

test("what is neither request nor response is a fault", () => {
  const fault = (call: unknown): unknown => (call as unknown[])[1];
  assertEquals(understood(fromHex("0f 00")).map(fault), ["bad-length"]);
  assertEquals(understood(fromHex("79 05")).map(fault), ["bad-length"]);
  assertEquals(understood(REQUEST.subarray(0, 20)).map(fault), ["truncated"]);
  assertEquals(understood(changed(REQUEST, 3, 0)).map(fault), ["bad-message"]);
  assertEquals(understood(changed(REQUEST, 16, 3)).map(fault), ["bad-message"]);
  assertEquals(heard(changed(RESPONSE, 3, 2)).map(fault), ["bad-message"]);
  assertEquals(heard(changed(RESPONSE, 18, 12)).map(fault), ["bad-kind"]);
  assertEquals(heard(RESPONSE.subarray(0, 1)).map(fault), ["truncated"]);
});

/** Bytes that look like one side of a dialogue here and there. */
const streams = fc
  .array(
    fc.oneof(
      fc.constantFrom(REQUEST, RESPONSE, HEARTBEAT, HEARTBEAT_RESPONSE, response("4")),
      fc
        .tuple(fc.constantFrom(REQUEST, RESPONSE, HEARTBEAT_RESPONSE), fc.nat(40), fc.nat(255))
        .map(([bytes, at, byte]) => changed(bytes, at % bytes.length, byte)),
      fc.uint8Array({ maxLength: 30 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

for (const read of [heard, understood]) {
  test(`${read.name}: byte by byte gives what all at once gives`, () =>
    fc.assert(
      fc.property(streams, (bytes) => {
        const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
        assertEquals(read(...single), read(bytes));
      }),
      { numRuns: 500 },
    ));
}

test("whatever is sent again is cut into packets that hold it all, in order", () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 4, max: 1384 }), { minLength: 1, maxLength: 60 }),
      fc.nat(2 ** 32 - 100),
      (lengths, from) => {
        const { dialogue, take } = serve();
        const until = from + lengths.length;
        dialogue.begin(1, { session: "", from, until }, AT);
        for (const [i, length] of lengths.entries()) dialogue.message(from + i, message(length));
        dialogue.finish(until, until, AT);
        const sent = repairsOf(take()) as [number, string, number, number][];
        let next = from;
        for (const [flag, kind, seq, count] of sent) {
          assertEquals([flag, kind, seq], [sent.length === 1 ? 13 : 15, "data", next]);
          next += count;
        }
        assertEquals(next, until);
      },
    ),
  ));

test("the options are checked", () => {
  assertEquals(nyseXdpRecovery.options.parse({}), options);
  assertEquals(nyseXdpRecovery.options.parse({ sources: "A" }), { ...options, sources: ["A"] });
  assert(!nyseXdpRecovery.options.safeParse({ sources: ["ELEVENCHARS"] }).success);
});
