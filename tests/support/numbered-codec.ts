import type { DecodeFault, PacketCodec, PacketView } from "../../modules/codecs/codec.ts";

/**
 * A made-up format whose packets are easily written by hand: `S`, a letter for the session, the first
 * number, and messages between bars, as in `Sx7|seven|eight`. `Sx9` is a heartbeat, `Rx1` a reset.
 */
export const numberedCodec: PacketCodec = {
  messagesMax: 9,
  packetMax: 1400,
  firstSeq: 1,
  lastSeq: Number.MAX_SAFE_INTEGER - 1,
  heartbeats: true,
  sessionBytes: 1,
  messages: ["text"],
  decode,
  writer() {
    throw new Error("only read in tests");
  },
  describe: () => "",
};

const latin1 = new TextDecoder("latin1");

function decode(bytes: Uint8Array, into: PacketView): DecodeFault | undefined {
  const text = latin1.decode(bytes);
  const [, kind, session = "", digits] = /^([SR])([a-z])(\d+)(?:\||$)/.exec(text) ?? [];
  if (digits === undefined) return "bad-message";
  const parts = text.split("|").slice(1);
  into.bytes = bytes;
  into.kind = kind === "R" ? "reset" : parts.length === 0 ? "heartbeat" : "data";
  into.session = session;
  into.seq = Number(digits);
  into.count = parts.length;
  into.repair = false;
  let at = text.indexOf("|") + 1;
  parts.forEach((part, i) => {
    into.bounds[2 * i] = at;
    into.bounds[2 * i + 1] = at + part.length;
    at += part.length + 1;
  });
  return undefined;
}
