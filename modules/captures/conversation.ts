import type { Nanos } from "../core/time.ts";
import { type Segment, TCP } from "./headers.ts";

/** An end of a TCP connection. */
export type Side = "client" | "server";

/** Writes one segment of a connection. */
export type WriteSegment = (
  atNs: Nanos,
  from: Side,
  segment: Segment,
  payload: Uint8Array,
  comment: string | undefined,
) => void;

/** What fits into a segment on Ethernet. */
const SEGMENT_BYTES_MAX = 1460;

/** Bytes after which the other end says what has come, as real ones do after every second segment. */
const UNACKED_BYTES = 2 * SEGMENT_BYTES_MAX;

const NOTHING = new Uint8Array();

/**
 * The segments of one TCP connection, made up from what its ends said: of a stream one only knows its
 * bytes. Nothing is lost on the way and nothing is sent twice.
 */
export class Conversation {
  #write: WriteSegment;
  /** The number of the next byte of each end. */
  #next: Record<Side, number>;
  /** Bytes of each end that the other has not confirmed. */
  #unacked: Record<Side, number> = { client: 0, server: 0 };

  /** `first` are the numbers that the ends begin with. */
  constructor(first: Readonly<Record<Side, number>>, write: WriteSegment) {
    this.#write = write;
    this.#next = { ...first };
  }

  /** The client has connected. */
  opened(atNs: Nanos): void {
    this.#segment(atNs, "client", TCP.syn);
    this.#segment(atNs, "server", TCP.syn | TCP.ack);
    this.#segment(atNs, "client", TCP.ack);
  }

  /** Nobody listens where the client wanted to go. */
  refused(atNs: Nanos): void {
    this.#segment(atNs, "client", TCP.syn);
    // Its answer has no number of its own.
    this.#next.server = 0;
    this.#segment(atNs, "server", TCP.reset | TCP.ack);
  }

  /** One end said something; in more than one segment when it is long. */
  data(atNs: Nanos, from: Side, bytes: Uint8Array, comment?: string): void {
    for (let at = 0; at < bytes.length; at += SEGMENT_BYTES_MAX) {
      const part = bytes.subarray(at, at + SEGMENT_BYTES_MAX);
      const last = at + part.length === bytes.length;
      const flags = last ? TCP.ack | TCP.push : TCP.ack;
      this.#segment(atNs, from, flags, part, at === 0 ? comment : undefined);
      if (this.#unacked[from] >= UNACKED_BYTES) this.#segment(atNs, otherThan(from), TCP.ack);
    }
  }

  /** One end has nothing more to say; the other may go on until it ends, too. */
  ended(atNs: Nanos, by: Side): void {
    this.#segment(atNs, by, TCP.fin | TCP.ack);
    this.#segment(atNs, otherThan(by), TCP.ack);
  }

  /** One end broke the connection off. */
  reset(atNs: Nanos, by: Side): void {
    this.#segment(atNs, by, TCP.reset | TCP.ack);
  }

  #segment(
    atNs: Nanos,
    from: Side,
    flags: number,
    payload: Uint8Array = NOTHING,
    comment?: string,
  ): void {
    const to = otherThan(from);
    const seq = this.#next[from];
    const confirms = (flags & TCP.ack) !== 0;
    this.#write(atNs, from, { seq, ack: confirms ? this.#next[to] : 0, flags }, payload, comment);
    // The first and the last segment count as a byte each.
    const flagged = (flags & (TCP.syn | TCP.fin)) !== 0 ? 1 : 0;
    this.#next[from] = (seq + payload.length + flagged) >>> 0;
    this.#unacked[from] += payload.length;
    if (confirms) this.#unacked[to] = 0;
  }
}

function otherThan(side: Side): Side {
  return side === "client" ? "server" : "client";
}
