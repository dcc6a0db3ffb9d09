/** Requests and answers of any recovery protocol, made up. */
import type { Asked, RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import type { Rng } from "../../modules/core/rng.ts";
import { repliesIn, serverOf } from "./dialogues.ts";
import { anyMessage, anyNumber } from "./packets.ts";

/** The bytes that the name of a session has where it is asked for; none where this does not say. */
const SESSION_BYTES: Readonly<Record<string, number>> = { moldudp64: 10, soupbintcp: 10 };

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const LAST = 2 ** 31;
const ANSWER_MAX = 20;

/** A request that the protocol can make. */
export function anyAsked(name: string, codec: RecoveryCodec, rng: Rng): Asked {
  const length = SESSION_BYTES[name] ?? 0;
  // Blanks may stand after the name, and nowhere else: some protocols turn them about.
  const letters = length === 0 ? 0 : 1 + rng.below(length);
  const session = Array.from({ length: letters }, () => LETTERS[rng.below(LETTERS.length)])
    .join("")
    .padEnd(length);
  const count = anyNumber(1, Math.min(codec.requestMax, 1000), rng);
  const from = anyNumber(1, LAST - count, rng);
  return { session, from, until: from + count };
}

/** What a server answers, and what there was to be answered. */
export interface Exchange {
  readonly asked: Asked;
  readonly messages: readonly Uint8Array[];
  readonly replies: readonly Uint8Array[];
  /** What everybody can hear, where that is how messages are sent again. */
  readonly repairs: readonly Uint8Array[];
}

/** A request and its answer: all of it, up to some messages. */
export function anyExchange(name: string, codec: RecoveryCodec, rng: Rng): Exchange {
  const { session, from, until } = anyAsked(name, codec, rng);
  const asked = { session, from, until: Math.min(until, from + ANSWER_MAX) };
  const messages = Array.from({ length: asked.until - from }, () => anyMessage(name, rng));
  const server = serverOf(codec);
  server.feed(requestOf(codec, asked));
  if (codec.requestEnds) server.dialogue.end();
  server.dialogue.begin(1, asked, 0);
  messages.forEach((message, i) => server.dialogue.message(from + i, message));
  server.dialogue.finish(asked.until, asked.until, 0);
  const told = server.take();
  const repairs = told
    .filter(([call]) => call === "repair")
    .map(([, bytes]) => bytes as Uint8Array);
  return { asked, messages, replies: repliesIn(told), repairs };
}

/** The bytes of a first request. */
export function requestOf(codec: RecoveryCodec, asked: Asked): Uint8Array {
  const nobody = (): void => {};
  return codec
    .client({
      message: nobody,
      accepted: nobody,
      refused: nobody,
      answered: nobody,
      reply: nobody,
      fault: nobody,
    })
    .ask(1, asked);
}
