/** What sources are tested with: their surroundings, and protocols that carry what they write. */
import { createView, type PacketCodec, type PacketWriter } from "../../modules/codecs/codec.ts";
import { createRng } from "../../modules/core/rng.ts";
import { SEQ_MAX } from "../../modules/core/seq.ts";
import type { SourceDeps } from "../../modules/sources/source.ts";

/** The surroundings of a source: two messages a second from 2023-11-14 22:13:20 UTC on. */
export function depsFor(packets: PacketCodec, deps: Partial<SourceDeps> = {}): SourceDeps {
  return {
    first: packets.firstSeq,
    packets,
    rng: createRng("seed"),
    epochMs: 1_700_000_000_000,
    perSecond: 2,
    open: (path) => {
      throw new Error(`nothing to open: ${path}`);
    },
    ...deps,
  };
}

/**
 * A protocol of one message in a packet, behind one byte. `sized`: as the packets of CTA and XDP,
 * whose messages begin with their own length, the high or the low byte first.
 */
export function packetsOf(messages: readonly string[], sized?: "high" | "low"): PacketCodec {
  const isSized = (bytes: Uint8Array): boolean => {
    const [a = 0, b = 0] = bytes;
    return sized === undefined || (sized === "high" ? a * 256 + b : a + b * 256) === bytes.length;
  };
  return {
    messagesMax: 1,
    packetMax: 1400,
    firstSeq: 1,
    lastSeq: SEQ_MAX - 1,
    heartbeats: false,
    sessionBytes: 10,
    messages,
    decode(bytes, into) {
      if (!isSized(bytes.subarray(1))) return "bad-length";
      Object.assign(into, { ...createView(0), bytes, bounds: into.bounds, count: 1 });
      into.bounds.set([1, bytes.length]);
      return undefined;
    },
    writer: () => writer(),
    describe: () => "",
  };
}

function writer(): PacketWriter {
  let into: Uint8Array = new Uint8Array();
  let length = 0;
  const none = (): number => 0;
  return {
    begin(bytes, session) {
      if (session.length !== 10) throw new Error(`a session of ${session.length} bytes`);
      into = bytes;
      length = 1;
    },
    add(message) {
      if (length + message.length > into.length) return false;
      into.set(message, length);
      length += message.length;
      return true;
    },
    get at() {
      return length;
    },
    take(bytes) {
      if (length + bytes > into.length) return false;
      length += bytes;
      return true;
    },
    end: () => length,
    heartbeat: none,
    endOfSession: none,
    reset: none,
  };
}

/** A protocol that takes any bytes. */
export const BLOCKS: PacketCodec = packetsOf(["utp", "itch"]);
