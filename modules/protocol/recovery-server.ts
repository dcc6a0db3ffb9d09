import type { RecoveryCodec, ServerDialogue } from "../codecs/recovery/recovery.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq } from "../core/seq.ts";
import { MILLISECOND, type Nanos, NEVER, SECOND } from "../core/time.ts";

/** What one client may take. Beyond a limit its connection is closed, and the server goes on. */
export interface RecoveryLimits {
  readonly connectionsMax: number;
  /** Bytes before a request is complete. */
  readonly requestBytesMax: number;
  /** Time before a request is complete. */
  readonly requestTime: Nanos;
  /** A request without a terminator counts as complete when nothing follows it for so long. */
  readonly requestQuiet: Nanos;
  /** Requests that were read, but whose answer was not taken yet. */
  readonly requestsMax: number;
  /** Time for the answer to be taken. */
  readonly answerTime: Nanos;
}

/** What a server allows unless told otherwise. */
export const RECOVERY_LIMITS: RecoveryLimits = {
  connectionsMax: 256,
  requestBytesMax: 256,
  requestTime: 5 * SECOND,
  requestQuiet: 50 * MILLISECOND,
  requestsMax: 128,
  answerTime: 5 * SECOND,
};

/** What the server does and tells. An `id` names one connection. */
export interface RecoveryServerSink {
  /** Wants `onMessage` for each stored message of [from, until), then `onLookedUp`. */
  lookUp(id: number, from: Seq, until: Seq): void;
  send(id: number, bytes: Uint8Array): void;
  /** Says that nothing more will be sent. */
  end(id: number): void;
  /** Drops the connection; `onClosed` follows. */
  destroy(id: number): void;
  request(peer: string, text: string, now: Nanos): void;
  /** A client went beyond a limit, or spoke nonsense. */
  refused(peer: string, reason: string, now: Nanos): void;
}

interface Client {
  readonly peer: string;
  readonly dialogue: ServerDialogue;
  state: "reading" | "answering" | "dropped";
  bytes: number;
  /** When its time in this state is over. */
  deadline: Nanos;
  /** When what was read counts as a whole request. */
  quietAt: Nanos;
  /** The request, and the first number of it that was not sent yet. */
  next: Seq;
  until: Seq;
}

/**
 * Answers requests for lost messages, one a connection.
 *
 *     (open)    -> reading      there is room for one more
 *     reading   -> answering    the request is complete: a terminator, the end, or a quiet moment
 *     reading   -> dropped      too long, too slow, not a request, or too many in flight
 *     answering -> (closed)     the answer was sent and taken
 *     answering -> dropped      the answer was not taken in time
 *     dropped   -> (closed)
 */
export class RecoveryServer implements Machine {
  #codec: RecoveryCodec;
  #limits: RecoveryLimits;
  #sink: RecoveryServerSink;
  #clients = new Map<number, Client>();
  #answering = 0;

  constructor(codec: RecoveryCodec, limits: RecoveryLimits, sink: RecoveryServerSink) {
    this.#codec = codec;
    this.#limits = limits;
    this.#sink = sink;
  }

  get connections(): number {
    return this.#clients.size;
  }

  onOpened(id: number, peer: string, now: Nanos): void {
    const client: Client = {
      peer,
      dialogue: this.#codec.server({
        request: (_request, { from = 0, until }, text) =>
          this.#onRequest(id, client, from, until, text),
        reply: (bytes) => this.#sink.send(id, bytes),
        repair: () => {},
        left: () => {},
        alive: () => {},
        fault: (_fault, text) => this.#onNonsense(id, client, text),
      }),
      state: "reading",
      bytes: 0,
      deadline: now + this.#limits.requestTime,
      quietAt: NEVER,
      next: 0,
      until: 0,
    };
    this.#now = now;
    const full = this.#clients.size >= this.#limits.connectionsMax;
    this.#clients.set(id, client);
    if (full) this.#drop(id, client, `more than ${this.#limits.connectionsMax} connections`);
  }

  onBytes(id: number, bytes: Uint8Array, now: Nanos): void {
    const client = this.#reading(id, now);
    if (client === undefined) return;
    client.bytes += bytes.length;
    if (client.bytes > this.#limits.requestBytesMax) {
      this.#drop(id, client, `a request of more than ${this.#limits.requestBytesMax} bytes`);
      return;
    }
    client.dialogue.push(bytes);
    client.quietAt = client.dialogue.settled ? now + this.#limits.requestQuiet : NEVER;
  }

  /** The client has finished sending. */
  onEnd(id: number, now: Nanos): void {
    const client = this.#reading(id, now);
    if (client === undefined) return;
    client.dialogue.end();
    // Nothing was asked: an open port check, say.
    if (client.state === "reading") this.#finish(id, client);
  }

  onClosed(id: number): void {
    const client = this.#clients.get(id);
    if (client?.state === "answering") this.#answering--;
    this.#clients.delete(id);
  }

  /** One stored message of what `lookUp` asked for, in order. The bytes are lent. */
  onMessage(id: number, seq: Seq, message: Uint8Array): void {
    const client = this.#clients.get(id);
    if (client?.state !== "answering") return;
    client.dialogue.message(seq, message);
    client.next = seq + 1;
  }

  /** The store has no more for this request. */
  onLookedUp(id: number): void {
    const client = this.#clients.get(id);
    if (client?.state !== "answering") return;
    client.dialogue.finish(client.next, client.until, this.#now);
    this.#sink.end(id);
  }

  deadline(): Nanos {
    let earliest = NEVER;
    for (const { deadline, quietAt } of this.#clients.values()) {
      earliest = Math.min(earliest, deadline, quietAt);
    }
    return earliest;
  }

  onDeadline(now: Nanos): void {
    this.#now = now;
    for (const [id, client] of this.#clients) {
      if (client.state === "reading" && now >= client.quietAt) {
        client.quietAt = NEVER;
        client.dialogue.end();
      } else if (now >= client.deadline) {
        const waited = client.state === "reading" ? "no complete request" : "answer not taken";
        const { requestTime, answerTime } = this.#limits;
        const limit = client.state === "reading" ? requestTime : answerTime;
        this.#drop(id, client, `${waited} within ${limit / SECOND}s`);
      }
    }
  }

  /** The time of the call that is being handled; decoders know no time. */
  #now: Nanos = 0;

  #reading(id: number, now: Nanos): Client | undefined {
    this.#now = now;
    const client = this.#clients.get(id);
    return client?.state === "reading" ? client : undefined;
  }

  #onRequest(id: number, client: Client, from: Seq, until: Seq, text: string): void {
    if (client.state !== "reading") return;
    if (this.#answering >= this.#limits.requestsMax) {
      this.#drop(id, client, `more than ${this.#limits.requestsMax} requests in flight`);
      return;
    }
    this.#sink.request(client.peer, text, this.#now);
    client.next = from;
    client.until = until;
    this.#finish(id, client, () => this.#sink.lookUp(id, from, until));
  }

  /** Not a request, but whole: it is answered, since what it asked for is certainly not here. */
  #onNonsense(id: number, client: Client, text: string): void {
    if (client.state !== "reading") return;
    this.#sink.refused(client.peer, `not a request: "${text}"`, this.#now);
    this.#finish(id, client, () => {
      client.dialogue.refuse(1, { session: "", from: 0, until: 1 }, "not-found", this.#now);
      this.#sink.end(id);
    });
  }

  #finish(id: number, client: Client, answer: () => void = () => this.#sink.end(id)): void {
    client.state = "answering";
    client.deadline = this.#now + this.#limits.answerTime;
    client.quietAt = NEVER;
    this.#answering++;
    answer();
  }

  #drop(id: number, client: Client, reason: string): void {
    if (client.state === "dropped") return;
    if (client.state === "answering") this.#answering--;
    client.state = "dropped";
    client.deadline = NEVER;
    client.quietAt = NEVER;
    this.#sink.refused(client.peer, reason, this.#now);
    this.#sink.destroy(id);
  }
}
