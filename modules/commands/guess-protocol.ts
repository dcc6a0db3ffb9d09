/** Which protocol packets have that could not be read. */
import { createView, type PacketCodec } from "../codecs/codec.ts";
import { cta } from "../codecs/cta.ts";
import { protocols } from "../codecs/mod.ts";

/** Packets that are tried: a feed of another protocol shows at once, damage never. */
const TRIES_MAX = 5;

/** Guesses for one listener, until it is told once. */
export class ProtocolGuess {
  #tries = 0;

  /** What to write after `--protocol` for each that can read the packet; none, if it was told. */
  onMalformed(bytes: Uint8Array): readonly string[] {
    if (this.#tries >= TRIES_MAX) return [];
    this.#tries++;
    const found = protocolsOf(bytes);
    if (found.length > 0) this.#tries = TRIES_MAX;
    return found;
  }
}

/** What to write after `--protocol` for each protocol in which these bytes are a packet. */
export function protocolsOf(bytes: Uint8Array): string[] {
  return candidates()
    .filter(({ codec }) => codec.decode(bytes, createView(codec.messagesMax)) === undefined)
    .map(({ word }) => word);
}

interface Candidate {
  readonly word: string;
  readonly codec: PacketCodec;
}

/** Every protocol as it is without options, and the tape that is then not meant. */
function candidates(): Candidate[] {
  const plain = protocols.map((protocol): Candidate => ({
    word: protocol.name,
    codec: protocol.create(protocol.options.parse({}), { epochMs: 0 }).packets,
  }));
  const quotes = cta.create({ feed: "quotes", version: 2 }, { epochMs: 0 }).packets;
  return [...plain, { word: "'cta: { feed: quotes }'", codec: quotes }];
}
