import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView } from "../../../modules/codecs/codec.ts";
import type { RecoveryCodec } from "../../../modules/codecs/recovery/recovery.ts";
import { createRng } from "../../../modules/core/rng.ts";
import { byteByByte, clientOf, joined, serverOf, type Told } from "../../support/dialogues.ts";
import { anyAsked, anyExchange, requestOf } from "../../support/exchanges.ts";
import { anyBytes, everyRecovery, labels, plainProtocol, spoil } from "../../support/packets.ts";

const all = everyRecovery();

test("each recovery protocol has a name of its own", () =>
  assertEquals(new Set(all.map(({ name }) => name)).size, all.length));

/** What a server is told of these chunks and then, if there is one, of the end. */
function server(codec: RecoveryCodec, chunks: readonly Uint8Array[], end = true): Told[] {
  const side = serverOf(codec);
  const told = side.feed(...chunks);
  if (end) side.dialogue.end();
  return [...told, ...side.take()];
}

/** What a client that asked is told of them. */
function client(codec: RecoveryCodec, chunks: readonly Uint8Array[], until: number): Told[] {
  const side = clientOf(codec);
  side.dialogue.ask(1, { session: "", from: until - 1, until });
  const told = side.feed(...chunks);
  side.dialogue.end();
  return [...told, ...side.take()];
}

/** The messages in packets that are sent again to all, which follow each other. */
function heard(
  name: string,
  repairs: readonly Uint8Array[],
): { from: number | undefined; messages: readonly Uint8Array[] } {
  const { packets } = plainProtocol(name);
  const view = createView(packets.messagesMax);
  const messages: Uint8Array[] = [];
  let from: number | undefined;
  for (const bytes of repairs) {
    assertEquals(packets.decode(bytes, view), undefined);
    assertEquals([view.kind, view.repair], ["data", true]);
    from ??= view.seq;
    assertEquals(view.seq, from + messages.length);
    for (let i = 0; i < view.count; i++) {
      messages.push(bytes.slice(view.bounds[2 * i], view.bounds[2 * i + 1]));
    }
  }
  return { from, messages };
}

/** How a stream may come, or a datagram must. */
const chunkings = (codec: RecoveryCodec, bytes: Uint8Array): Uint8Array[][] =>
  codec.over === "stream" ? [[bytes], byteByByte(bytes)] : [[bytes]];

for (const { name, codec } of all) {
  test(`${name}: a server is told what a client asks`, () =>
    fc.assert(
      fc.property(labels, (label) => {
        const { session, from, until } = anyAsked(name, codec, createRng(label));
        const request = requestOf(codec, { session, from, until });
        for (const chunks of chunkings(codec, request)) {
          const [call, ...more] = server(codec, chunks, codec.requestEnds);
          assertEquals(more, []);
          const [what, , asked, text] = call as [string, number, { until: number }, string];
          // Who follows asks for everything from there on.
          const end = codec.connection === "follow" ? asked.until : until;
          assert(end >= until);
          assertEquals([what, asked], ["request", { session, from, until: end } as object]);
          assert(/^[\x20-\x7e]+$/.test(text), text);
        }
      }),
    ));

  test(`${name}: a client is told what a server answers`, () =>
    fc.assert(
      fc.property(labels, (label) => {
        const { asked, messages, replies, repairs } = anyExchange(name, codec, createRng(label));
        const { session, from, until } = asked;
        const side = clientOf(codec);
        side.dialogue.ask(1, asked);
        const told = side.feed(...replies);
        if (codec.over === "stream") side.dialogue.end();
        told.push(...side.take());
        assertEquals(
          told.filter(([call]) => call === "fault" || call === "refused"),
          [],
        );
        // Elsewhere there is no more to an answer than that there is one.
        if (codec.repairs === "group") {
          assertEquals(heard(name, repairs), { from, messages });
          return;
        }
        const got = told.filter(([call]) => call === "message");
        // A datagram carries what fits; the rest is asked for again.
        const count = codec.over === "datagram" ? got.length : until - from;
        assert(count > 0 && count <= messages.length);
        assertEquals(
          got.map(([, of, seq]) => [of, seq]),
          Array.from({ length: count }, (_, i) => [session, from + i]),
        );
        if (!codec.carriesPayload) return;
        assertEquals(
          got.map(([, , , bytes]) => bytes),
          messages.slice(0, count),
        );
      }),
    ));

  if (codec.over === "stream") {
    test(`${name}: byte by byte, a stream says what it says all at once`, () =>
      fc.assert(
        fc.property(labels, (label) => {
          const rng = createRng(label);
          const { asked, replies } = anyExchange(name, codec, rng);
          const [request, answer] = [requestOf(codec, asked), joined(replies)].map((bytes) =>
            rng.chance(0.5) ? bytes : spoil(bytes, rng),
          ) as [Uint8Array, Uint8Array];
          assertEquals(server(codec, byteByByte(request)), server(codec, [request]));
          assertEquals(
            client(codec, byteByByte(answer), asked.until),
            client(codec, [answer], asked.until),
          );
        }),
        { numRuns: 300 },
      ));
  }

  test(`${name}: any bytes are told in words, on both sides`, () =>
    fc.assert(
      fc.property(labels, (label) => {
        const rng = createRng(label);
        const chunks = Array.from({ length: 1 + rng.below(4) }, () =>
          anyBytes(rng.below(rng.chance(0.1) ? 3000 : 60), rng),
        );
        for (const [call, ...args] of [
          ...server(codec, chunks),
          ...client(codec, chunks, 1 + rng.below(100)),
        ]) {
          const text = args.findLast((arg) => typeof arg === "string");
          if (call !== "fault") continue;
          assert(/^[\x20-\x7e]*$/.test(text as string), `not one line: ${JSON.stringify(text)}`);
          assert((text as string).length <= 200, `${(text as string).length} characters`);
        }
      }),
      { numRuns: 500 },
    ));
}
