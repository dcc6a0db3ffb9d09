import type { RecoveryCodec } from "../../codecs/recovery/recovery.ts";
import type { Seq } from "../../core/seq.ts";
import { type Nanos, NEVER } from "../../core/time.ts";
import type { Link } from "./link.ts";
import type { RecoveryPolicy } from "./policy.ts";
import type { Request } from "./request.ts";

/** A server that has been silent for so many times its own heartbeat is not there any more. */
const SILENCES_MAX = 3;

/** Requests that are over, whose answers may yet come once more by datagram. */
const PAST_MAX = 64;

/** The connections of a client, from the attempt to open one until it is closed. */
export class Links {
  #codec: RecoveryCodec;
  #policy: RecoveryPolicy;
  #close: (id: number) => void;
  #links = new Map<number, Link>();

  /** `close` is told that a connection is of no more use. */
  constructor(codec: RecoveryCodec, policy: RecoveryPolicy, close: (id: number) => void) {
    this.#codec = codec;
    this.#policy = policy;
    this.#close = close;
  }

  get(id: number): Link | undefined {
    return this.#links.get(id);
  }

  all(): IterableIterator<Link> {
    return this.#links.values();
  }

  add(link: Link): void {
    this.#links.set(link.id, link);
  }

  close(link: Link): void {
    this.#links.delete(link.id);
    this.#close(link.id);
  }

  /** The connection that is kept for all requests, if there is one. */
  shared(server: number): Link | undefined {
    const { connection, over } = this.#codec;
    if (connection !== "many") return undefined;
    for (const link of this.#links.values()) {
      if (link.state === "lingering") continue;
      // A stream is kept for as long as it lives; where datagrams go, each of them may say.
      if (over === "stream" || link.server === server) return link;
    }
    return undefined;
  }

  /** Whether nothing will be asked any more on a connection that nothing is asked on now. */
  hasDone({ server, requests, waiting }: Link, turn: number): boolean {
    const { connection, over } = this.#codec;
    if (requests.size > 0 || waiting.length > 0) return false;
    return connection !== "many" || (over === "datagram" && server !== turn);
  }

  /** Nothing is asked on it any more, but a late answer may come. */
  linger(link: Link, now: Nanos): void {
    link.state = "lingering";
    link.deadline = now + this.#policy.timeout;
    let oldest: Link | undefined;
    let count = 0;
    for (const other of this.#links.values()) {
      if (other.state !== "lingering") continue;
      oldest ??= other;
      count++;
    }
    if (count > this.#policy.inFlightMax) this.close(oldest!);
  }

  /** A request has ended, and its answer, or a copy of it, may yet come. */
  remember(link: Link, request: Request): void {
    const most = this.#codec.over === "datagram" ? PAST_MAX : this.#policy.inFlightMax;
    link.past.push(request);
    if (link.past.length > most) link.past.shift();
  }

  /** When a server that should have spoken counts as gone. */
  silentAt({ lastHeard }: Link): Nanos {
    const { serverSilence = NEVER } = this.#codec;
    return lastHeard + SILENCES_MAX * serverSilence;
  }

  /** When it is time for a heartbeat. */
  heartbeatAt({ lastSent }: Link): Nanos {
    const { clientSilence = NEVER } = this.#codec;
    return lastSent + clientSilence;
  }

  /** When one of them must be looked after. */
  deadline(): Nanos {
    let wake = NEVER;
    for (const link of this.#links.values()) {
      wake = Math.min(wake, link.deadline);
      if (link.state !== "open") continue;
      for (const { deadline } of link.requests.values()) wake = Math.min(wake, deadline);
      wake = Math.min(wake, this.heartbeatAt(link), this.silentAt(link));
    }
    return wake;
  }

  /** Takes a number that has come late off the request that waits for it; undefined: none does. */
  takeLate(seq: Seq): Link | undefined {
    for (const link of this.#links.values()) {
      for (const request of link.waiting) if (request.takeLate(seq)) return link;
      for (const request of link.requests.values()) if (request.takeLate(seq)) return link;
    }
    return undefined;
  }
}
