/** Packets of any protocol, made up: whole, spoilt, or nothing but bytes. */
import * as fc from "fast-check";
import * as yaml from "yaml";
import type { Protocol } from "../../modules/codecs/codec.ts";
import { protocols } from "../../modules/codecs/mod.ts";
import { recoveries } from "../../modules/codecs/recovery/mod.ts";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import type { Definition } from "../../modules/core/registry.ts";
import type { Rng } from "../../modules/core/rng.ts";

const DEPS = { epochMs: Date.UTC(2026, 0, 5, 14, 30) };

/** The options of a definition's own example, so that every one of them can be created. */
function optionsOf({ name, example, options }: Definition<unknown, unknown, never>): unknown {
  const { protocol } = yaml.parse(example) as { protocol: string | Record<string, unknown> };
  return options.parse(typeof protocol === "string" ? {} : protocol[name]);
}

/** Every protocol of the registry, created. */
export function everyProtocol(): (Protocol & { readonly name: string })[] {
  return protocols.map((definition) => {
    const one = definition as Definition<unknown, Protocol, typeof DEPS>;
    return { name: one.name, ...one.create(optionsOf(one), DEPS) };
  });
}

/** A protocol as it is without options, which its recovery then is for. */
export function plainProtocol(name: string): Protocol {
  const definition = protocols.find((one) => one.name === name) as Definition<
    unknown,
    Protocol,
    typeof DEPS
  >;
  return definition.create(definition.options.parse({}), DEPS);
}

/** Every recovery protocol of the registry, created. */
export function everyRecovery(): { readonly name: string; readonly codec: RecoveryCodec }[] {
  return recoveries.map((definition) => {
    const one = definition as Definition<unknown, RecoveryCodec, typeof DEPS>;
    return { name: one.name, codec: one.create(optionsOf(one), DEPS) };
  });
}

const utf8 = new TextEncoder();

/** What a packet of each protocol can carry, where that is not just any bytes. */
const MESSAGES: Readonly<Record<string, (rng: Rng) => Uint8Array>> = {
  demo: (rng) =>
    utf8.encode(`PRICE:${rng.below(1e9)}${rng.chance(0.5) ? `.${rng.below(100)}` : ""}`),
  // Both begin with their own length; a trade and an order have no meaning for the packets.
  cta: (rng) => {
    const message = anyBytes(26 + rng.below(rng.chance(0.1) ? 300 : 60), rng);
    message.set([message.length >> 8, message.length & 0xff, 0x54, 0x4c]);
    return message;
  },
  nyse_xdp: (rng) => {
    const message = anyBytes(4 + rng.below(rng.chance(0.1) ? 600 : 60), rng);
    message.set([message.length & 0xff, message.length >> 8, 100, 0]);
    return message;
  },
};

/** One message of a protocol. */
export function anyMessage(name: string, rng: Rng): Uint8Array {
  return MESSAGES[name]?.(rng) ?? anyBytes(rng.below(rng.chance(0.1) ? 600 : 40), rng);
}

/** So many bytes without a meaning. */
export function anyBytes(length: number, rng: Rng): Uint8Array {
  return Uint8Array.from({ length }, () => rng.below(256));
}

/** The name of a session: each byte for itself. */
export function anySession(length: number, rng: Rng): string {
  return String.fromCharCode(...anyBytes(length, rng));
}

/** A number in [min, max], often at either end, where the mistakes are. */
export function anyNumber(min: number, max: number, rng: Rng): number {
  const width = max - min;
  const near = Math.min(rng.below(4), width);
  if (rng.chance(0.15)) return min + near;
  if (rng.chance(0.15)) return max - near;
  const scale = 2 ** rng.below(54);
  return min + Math.min(width, Math.floor(rng.float() * scale));
}

/** What a packet was made of, and its bytes. */
export interface MadePacket {
  readonly kind: "data" | "heartbeat" | "end-of-session" | "reset";
  readonly session: string;
  readonly seq: number;
  readonly messages: readonly Uint8Array[];
  readonly bytes: Uint8Array;
  /** Whether the writer left alone what stands before and after its buffer. */
  readonly tidy: boolean;
}

const MARGIN = 16;
const POISON = 0xee;
const HEADERS_MAX = 128;
const KINDS = ["heartbeat", "end-of-session", "reset"] as const;

/** A whole packet; undefined where the protocol has none of the drawn kind. */
export function anyPacket({ name, packets }: Protocol & { name: string }, rng: Rng) {
  const writer = packets.writer(rng.chance(0.1));
  const session = anySession(packets.sessionBytes, rng);
  const atNs = rng.below(2 ** 32) * 1000;
  const room = Math.min(packets.packetMax, HEADERS_MAX + rng.below(1400));
  const buffer = new Uint8Array(room + 2 * MARGIN).fill(POISON);
  const into = buffer.subarray(MARGIN, MARGIN + room);
  const made = (kind: MadePacket["kind"], seq: number, messages: Uint8Array[], length: number) => ({
    kind,
    session,
    seq,
    messages,
    bytes: into.slice(0, length),
    tidy: [...buffer.subarray(0, MARGIN), ...buffer.subarray(MARGIN + room)].every(
      (byte) => byte === POISON,
    ),
  });
  if (rng.chance(0.3)) {
    // XDP has no packet that ends a session; a heartbeat stands in for it.
    const kinds = name === "nyse_xdp" ? KINDS.filter((kind) => kind !== "end-of-session") : KINDS;
    const kind = kinds[rng.below(kinds.length)]!;
    const next = anyNumber(packets.firstSeq + 1, packets.lastSeq, rng);
    const length =
      kind === "heartbeat"
        ? writer.heartbeat(into, session, next, atNs)
        : kind === "reset"
          ? writer.reset(into, session, next, atNs)
          : writer.endOfSession(into, session, next, atNs);
    return length === 0 ? undefined : made(kind, next, [], length);
  }
  const wanted = 1 + rng.below(rng.chance(0.2) ? 200 : 4);
  const seq = anyNumber(packets.firstSeq, packets.lastSeq - wanted, rng);
  const messages: Uint8Array[] = [];
  writer.begin(into, session, seq, atNs);
  for (let i = 0; i < wanted; i++) {
    const message = anyMessage(name, rng);
    if (writer.add(message)) messages.push(message);
  }
  const length = writer.end();
  return messages.length === 0 ? undefined : made("data", seq, messages, length);
}

/** A packet with some bytes changed, cut, appended, or moved about. */
export function spoil(bytes: Uint8Array, rng: Rng): Uint8Array {
  let spoilt = bytes.slice();
  for (let times = 1 + rng.below(4); times > 0; times--) {
    const at = rng.below(spoilt.length + 1);
    const how = rng.below(6);
    if (how === 0) spoilt = spoilt.slice(0, at);
    else if (how === 1) spoilt = Uint8Array.from([...spoilt, ...anyBytes(rng.below(8), rng)]);
    else if (how === 2) spoilt = Uint8Array.from([...spoilt.slice(0, at), ...spoilt.slice(at + 1)]);
    else if (at < spoilt.length) {
      spoilt[at] = [0, 0xff, rng.below(256), spoilt[at]! ^ (1 << rng.below(8))][rng.below(4)]!;
    }
  }
  return spoilt;
}

/** The label of a generator; the same one draws the same again. */
export const labels: fc.Arbitrary<string> = fc.nat().map((n) => `packets ${n}`);
