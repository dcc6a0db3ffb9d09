/** What was sent, as a pcapng file that every tool can open. */
import type { Nanos } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import { BlockWriter } from "./blocks.ts";
import { Conversation } from "./conversation.ts";
import {
  type Route,
  routeOf,
  type Segment,
  TCP_OVERHEAD,
  UDP_OVERHEAD,
  writeTcp,
  writeUdp,
} from "./headers.ts";

const SECOND_NS = 1_000_000_000;

/** Connections begin their numbers far from each other: the same port may be used again. */
const NUMBERS_APART = 0x9e3779b1;

/**
 * Writes a capture of packets that never had headers of their own: Ethernet, IPv4, UDP and TCP are
 * made up, with right checksums. Each line of a feed is an interface.
 *
 * `emit` is lent each block of the file in turn; its bytes are true until it returns.
 */
export class CaptureWriter {
  #emit: (bytes: Uint8Array) => void;
  #blocks = new BlockWriter();
  #epochSeconds: number;
  #epochNanos: number;
  #lines = 0;
  #connections = 0;
  /** The ends that were used last: nearly always those of the next packet, too. */
  #from: Endpoint | undefined;
  #to: Endpoint | undefined;
  #route: Route | undefined;

  /** `epochMs` is when the run began: milliseconds since 1970, UTC. */
  constructor(emit: (bytes: Uint8Array) => void, epochMs: number) {
    this.#emit = emit;
    this.#epochSeconds = Math.floor(epochMs / 1000);
    this.#epochNanos = Math.round((epochMs - 1000 * this.#epochSeconds) * 1e6);
    emit(this.#blocks.section("feedlab"));
  }

  /** Adds an interface of that name, and returns its number. */
  line(name: string): number {
    this.#emit(this.#blocks.interface(name));
    return this.#lines++;
  }

  /** Adds a datagram. `comment` says what became of it, for instance that it was dropped on purpose. */
  udp(
    line: number,
    atNs: Nanos,
    from: Endpoint,
    to: Endpoint,
    payload: Uint8Array,
    comment?: string,
  ): void {
    const length = UDP_OVERHEAD + payload.length;
    const view = this.#blocks.frame(length);
    new Uint8Array(view.buffer, view.byteOffset, length).set(payload, UDP_OVERHEAD);
    writeUdp(view, this.#routeOf(from, to), payload.length);
    this.#packet(line, atNs, length, comment);
  }

  /** A TCP connection, of which nothing is written yet. */
  connection(line: number, client: Endpoint, server: Endpoint): Conversation {
    const there = routeOf(client, server);
    const back = routeOf(server, client);
    const ordinal = 2 * this.#connections++;
    const first = {
      client: Math.imul(ordinal + 1, NUMBERS_APART) >>> 0,
      server: Math.imul(ordinal + 2, NUMBERS_APART) >>> 0,
    };
    return new Conversation(first, (atNs, from, segment, payload, comment) => {
      this.#segment(line, atNs, from === "client" ? there : back, segment, payload, comment);
    });
  }

  #segment(
    line: number,
    atNs: Nanos,
    route: Route,
    segment: Segment,
    payload: Uint8Array,
    comment: string | undefined,
  ): void {
    const length = TCP_OVERHEAD + payload.length;
    const view = this.#blocks.frame(length);
    new Uint8Array(view.buffer, view.byteOffset, length).set(payload, TCP_OVERHEAD);
    writeTcp(view, route, segment, payload.length);
    this.#packet(line, atNs, length, comment);
  }

  #packet(line: number, atNs: Nanos, length: number, comment: string | undefined): void {
    const wholeNs = Math.floor(atNs);
    const nanos = this.#epochNanos + (wholeNs % SECOND_NS);
    const carry = Math.floor(nanos / SECOND_NS);
    const seconds = this.#epochSeconds + Math.trunc(wholeNs / SECOND_NS) + carry;
    const note = { line, seconds, nanos: nanos - carry * SECOND_NS, comment };
    this.#emit(this.#blocks.packet(length, note));
  }

  #routeOf(from: Endpoint, to: Endpoint): Route {
    if (this.#route === undefined || this.#from !== from || this.#to !== to) {
      this.#from = from;
      this.#to = to;
      this.#route = routeOf(from, to);
    }
    return this.#route;
  }
}
