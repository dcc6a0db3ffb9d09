import type { RecoveryCodec, ServerDialogue } from "../codecs/recovery/recovery.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq } from "../core/seq.ts";
import { type Nanos, NEVER, SECOND } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import { type Extent, grant, type Grant, type Wanted, wordsOf } from "./recovery-server/grant.ts";
import {
  DATAGRAM_BYTES_MAX,
  FOLLOW_INTERVAL,
  READ_MAX,
  type RecoveryLimits,
  type RequestQuota,
  SILENCES_MAX,
} from "./recovery-server/limits.ts";
import { Quotas } from "./recovery-server/quotas.ts";
import { Sessions } from "./sessions.ts";

export {
  RECOVERY_LIMITS,
  type RecoveryLimits,
  type RequestQuota,
} from "./recovery-server/limits.ts";

/** What a server may be given besides its codec. */
export interface RecoveryServerParts {
  /** What the store has; without it, it shows when it is read. */
  readonly extent?: Extent;
  /** The sessions of the feed, which others may add to. */
  readonly sessions?: Sessions | undefined;
  /** The most messages that are sent for one request, if the protocol allows as many. */
  readonly requestMax?: number | undefined;
  readonly quota?: RequestQuota | undefined;
}

/** What the server does and tells. An `id` names one connection. Numbers are the feed's. */
export interface RecoveryServerSink {
  /** Wants `onMessage` for each stored message of [from, until) while it wants more, then `onLookedUp`. */
  lookUp(id: number, from: Seq, until: Seq): void;
  /** False: it was taken, but what follows should wait for `onDrained`. */
  send(id: number, bytes: Uint8Array): boolean;
  /** To the group of repairs. False: it was taken, but more should wait for `onRepairsDrained`. */
  repair(bytes: Uint8Array): boolean;
  /** Says that nothing more will be sent. */
  end(id: number): void;
  /** Drops the connection; `onClosed` follows. */
  destroy(id: number): void;
  request(peer: string, text: string, now: Nanos): void;
  /** A client went beyond a limit, or spoke nonsense. */
  refused(peer: string, reason: string, now: Nanos): void;
}

interface Pending {
  readonly number: number;
  readonly wanted: Wanted;
}

interface Client {
  readonly peer: string;
  readonly dialogue: ServerDialogue;
  state: "reading" | "answering" | "following" | "ended" | "dropped";
  /** Of a request that is not complete; over datagrams, of the answer then. */
  bytes: number;
  /** When its time in this state is over. */
  deadline: Nanos;
  /** When what was read counts as a whole request. */
  quietAt: Nanos;
  /** When it last spoke, and was last spoken to. */
  heard: Nanos;
  spoken: Nanos;
  /** Requests that wait for the answer before them. */
  readonly queue: Pending[];
  /** Its requests that count as being in flight. */
  inFlight: number;
  /** It has finished sending. */
  ended: boolean;
  /** What is being answered, and the first number of it that was not sent yet. */
  grant: Grant | undefined;
  next: Seq;
  /** What must be taken before more is read. */
  full: "connection" | "repairs" | undefined;
  /** Up to where the store was asked. */
  lookedUp: Seq;
  /** Nothing more of the answer can be sent: it is not kept any more, or fits no datagram. */
  hole: boolean;
}

/**
 * Answers requests for lost messages.
 *
 *     (open)    -> reading      there is room for one more
 *     reading   -> answering    the request is complete: a terminator, the end, or a quiet moment
 *     reading   -> dropped      too long, too slow, not a request, silent, or too many in flight
 *     answering -> answering    what was sent was taken, and there is room for more
 *     answering -> reading      `many`: the answer was sent, and the next request may come
 *     answering -> following    `follow`: all that there is was sent
 *     answering -> ended        `one`: the answer was sent
 *     answering -> dropped      no part of the answer was taken in time
 *     following -> answering    more was published
 *     following -> ended        the client leaves, or its session is over
 *     following -> dropped      silent, or further behind than the store reaches
 *     ended     -> (closed)     the answer was taken
 *     ended     -> dropped      it was not taken in time
 *     dropped   -> (closed)
 */
export class RecoveryServer implements Machine {
  #codec: RecoveryCodec;
  #limits: RecoveryLimits;
  #sink: RecoveryServerSink;
  #extent: Extent;
  #sessions: Sessions;
  #requestMax: number;
  #quota: RequestQuota | undefined;
  #quotas: Quotas;
  #clients = new Map<number, Client>();
  #inFlight = 0;
  #followAt: Nanos = NEVER;
  #over = false;
  /** The time of the call that is being handled; dialogues know no time. */
  #now: Nanos = 0;

  constructor(
    codec: RecoveryCodec,
    limits: RecoveryLimits,
    sink: RecoveryServerSink,
    parts: RecoveryServerParts = {},
  ) {
    this.#codec = codec;
    this.#limits = limits;
    this.#sink = sink;
    this.#extent = parts.extent ?? { first: 0, next: Infinity };
    this.#sessions = parts.sessions ?? new Sessions();
    this.#requestMax = Math.min(codec.requestMax, parts.requestMax ?? Infinity);
    this.#quota = parts.quota;
    this.#quotas = new Quotas(parts.quota);
  }

  get connections(): number {
    return this.#clients.size;
  }

  onOpened(id: number, peer: string, now: Nanos): void {
    const client: Client = {
      peer,
      dialogue: this.#codec.server({
        request: (number, wanted, text) => this.#onRequest(id, client, { number, wanted }, text),
        reply: (bytes) => {
          client.spoken = this.#now;
          if (!this.#sink.send(id, bytes)) client.full ??= "connection";
        },
        repair: (bytes) => {
          if (!this.#sink.repair(bytes)) client.full ??= "repairs";
        },
        left: () => this.#end(id, client),
        alive: () => (client.bytes = 0),
        fault: (_fault, text) => this.#onNonsense(id, client, text),
      }),
      state: "reading",
      bytes: 0,
      deadline: this.#codec.connection === "many" ? NEVER : now + this.#limits.requestTime,
      quietAt: NEVER,
      heard: now,
      spoken: now,
      queue: [],
      inFlight: 0,
      ended: false,
      grant: undefined,
      next: 0,
      full: undefined,
      lookedUp: 0,
      hole: false,
    };
    this.#now = now;
    const full = this.#clients.size >= this.#limits.connectionsMax;
    this.#clients.set(id, client);
    if (full) this.#drop(id, client, `more than ${this.#limits.connectionsMax} connections`);
  }

  /** What came on a stream, or one datagram. */
  onBytes(id: number, bytes: Uint8Array, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client === undefined || !this.#listensTo(client)) return;
    client.heard = now;
    client.bytes += bytes.length;
    if (client.bytes > this.#limits.requestBytesMax) {
      this.#drop(id, client, `a request of more than ${this.#limits.requestBytesMax} bytes`);
      return;
    }
    client.dialogue.push(bytes);
    client.quietAt = client.dialogue.settled ? now + this.#limits.requestQuiet : NEVER;
    if (this.#codec.over === "datagram") this.onEnd(id, now);
  }

  /** The client has finished sending. */
  onEnd(id: number, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client === undefined || !this.#listensTo(client)) return;
    client.ended = true;
    client.dialogue.end();
    // Nothing was asked: an open port check, say; or all was answered.
    if (client.state === "reading" || client.state === "following") this.#end(id, client);
  }

  onClosed(id: number): void {
    const client = this.#clients.get(id);
    if (client === undefined) return;
    this.#clients.delete(id);
    this.#inFlight -= client.inFlight;
  }

  /** What was sent to a client has been taken. */
  onDrained(id: number, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client?.full === "connection") this.#resume(id, client);
  }

  /** What was sent to the group of repairs has left. */
  onRepairsDrained(now: Nanos): void {
    this.#now = now;
    for (const [id, client] of this.#clients) {
      if (client.full === "repairs") this.#resume(id, client);
    }
  }

  /** One stored message of what `lookUp` asked for, in order. False: no more for now. */
  onMessage(id: number, seq: Seq, message: Uint8Array): boolean {
    const client = this.#clients.get(id);
    if (client?.state !== "answering" || client.grant === undefined) return false;
    if (this.#codec.over === "datagram") client.bytes += message.length + 1;
    // What fits no datagram is not read: a request for everything would cost more than its answer.
    const full = this.#codec.over === "datagram" && client.bytes > DATAGRAM_BYTES_MAX;
    if (seq !== client.next || full) {
      client.hole = true;
      return false;
    }
    client.dialogue.message(seq + client.grant.toWire, message);
    client.next = seq + 1;
    // The dialogue's sink is called meanwhile, which the compiler does not see.
    return client.full === undefined;
  }

  /** The store has no more for this request, or was told to stop. */
  onLookedUp(id: number): void {
    const client = this.#clients.get(id);
    if (client?.state !== "answering" || client.grant === undefined) return;
    const { granted } = client.grant;
    const until = this.#codec.connection === "follow" ? this.#followUntil(client) : granted.until;
    const more = client.next < until && !client.hole;
    if (client.full !== undefined && more) return;
    if (more && client.next >= client.lookedUp) return this.#lookUp(id, client);
    this.#finish(id, client, client.grant);
  }

  /** The feed has ended: those who follow it are told when they have got all. */
  onEndOfSession(now: Nanos): void {
    this.#now = now;
    this.#over = true;
    for (const [id, client] of this.#clients) {
      if (client.state === "following") this.#follow(id, client);
    }
  }

  deadline(): Nanos {
    let earliest = NEVER;
    for (const client of this.#clients.values()) {
      earliest = Math.min(earliest, client.deadline, client.quietAt);
      earliest = Math.min(earliest, this.#silentAt(client), this.#heartbeatAt(client));
      if (client.state === "following") earliest = Math.min(earliest, this.#followAt);
    }
    return earliest;
  }

  onDeadline(now: Nanos): void {
    this.#now = now;
    const follow = now >= this.#followAt;
    if (follow) this.#followAt = now + FOLLOW_INTERVAL;
    for (const [id, client] of this.#clients) {
      if (client.state === "reading" && now >= client.quietAt) {
        client.quietAt = NEVER;
        client.dialogue.end();
      } else if (now >= client.deadline) {
        const waited = client.state === "reading" ? "no complete request" : "answer not taken";
        const { requestTime, answerTime } = this.#limits;
        const limit = client.state === "reading" ? requestTime : answerTime;
        this.#drop(id, client, `${waited} within ${limit / SECOND}s`);
      } else if (now >= this.#silentAt(client)) {
        this.#drop(id, client, `nothing heard for ${formatDuration(now - client.heard)}`);
      } else {
        if (follow && client.state === "following") this.#follow(id, client);
        if (now < this.#heartbeatAt(client)) continue;
        client.spoken = now;
        client.dialogue.heartbeat?.(now);
      }
    }
  }

  #listensTo({ state }: Client): boolean {
    if (state === "reading") return true;
    return this.#codec.connection !== "one" && (state === "answering" || state === "following");
  }

  /** When a client that should have spoken counts as gone. */
  #silentAt(client: Client): Nanos {
    if (!this.#isKept(client)) return NEVER;
    const { clientSilence, serverSilence = NEVER } = this.#codec;
    // One that has no heartbeat of its own answers ours.
    const wait =
      clientSilence === undefined
        ? serverSilence + this.#limits.requestTime
        : SILENCES_MAX * clientSilence;
    return client.heard + wait;
  }

  #heartbeatAt(client: Client): Nanos {
    if (!this.#isKept(client) || client.dialogue.heartbeat === undefined) return NEVER;
    return client.spoken + (this.#codec.serverSilence ?? NEVER);
  }

  /** Whether the connection is to last. */
  #isKept({ state, grant }: Client): boolean {
    if (state === "ended" || state === "dropped" || this.#codec.connection === "one") return false;
    return this.#codec.connection === "many" || grant !== undefined;
  }

  #onRequest(id: number, client: Client, pending: Pending, text: string): void {
    const pipelined = client.state === "answering" && this.#codec.connection === "many";
    if (client.state !== "reading" && !pipelined) return;
    if (this.#inFlight >= this.#limits.requestsMax) {
      this.#drop(id, client, `more than ${this.#limits.requestsMax} requests in flight`);
      return;
    }
    this.#sink.request(client.peer, text, this.#now);
    client.bytes = 0;
    client.quietAt = NEVER;
    client.inFlight++;
    this.#inFlight++;
    if (pipelined) client.queue.push(pending);
    else this.#answer(id, client, pending);
  }

  #answer(id: number, client: Client, { number, wanted }: Pending): void {
    client.state = "answering";
    client.deadline = this.#now + this.#limits.answerTime;
    client.hole = false;
    const { dialogue, peer } = client;
    const refuse = (why: Exclude<ReturnType<typeof grant>, Grant>): void => {
      dialogue.refuse(number, wordsOf(wanted), why, this.#now);
      this.#answered(id, client);
    };
    if (!this.#quotas.take(peer, this.#now)) {
      const { requests, per } = this.#quota!;
      this.#sink.refused(
        peer,
        `more than ${requests} requests in ${formatDuration(per)}`,
        this.#now,
      );
      return refuse("quota");
    }
    const granted = grant(wanted, {
      extent: this.#extent,
      sessions: this.#sessions,
      requestMax: this.#requestMax,
      follows: this.#codec.connection === "follow",
      strict: this.#codec.repairs === "group",
    });
    if (typeof granted === "string") return refuse(granted);
    const { session, toWire } = granted;
    const { from, until } = granted.granted;
    client.grant = granted;
    client.next = from;
    dialogue.begin(number, { session, from: from + toWire, until: until + toWire }, this.#now);
    if (from < until) this.#lookUp(id, client);
    else this.#finish(id, client, granted);
  }

  #lookUp(id: number, client: Client): void {
    const { granted } = client.grant!;
    const until = this.#codec.connection === "follow" ? this.#followUntil(client) : granted.until;
    client.lookedUp = Math.min(until, client.next + READ_MAX);
    this.#sink.lookUp(id, client.next, client.lookedUp);
  }

  #followUntil({ grant, next }: Client): Seq {
    const { asked, end } = grant!;
    return Math.max(next, Math.min(this.#extent.next, asked.until, end));
  }

  /** There is room again. */
  #resume(id: number, client: Client): void {
    client.full = undefined;
    if (client.state !== "answering" || client.grant === undefined) return;
    client.deadline = this.#now + this.#limits.answerTime;
    this.#lookUp(id, client);
  }

  /** All that there is of an answer was sent. */
  #finish(id: number, client: Client, { asked, granted, toWire }: Grant): void {
    const { dialogue, next } = client;
    if (this.#codec.connection === "follow") {
      if (client.hole) {
        this.#drop(id, client, `${next} is asked for, and not kept any more`);
        return;
      }
    } else {
      const early = asked.from < granted.from;
      // What is gone already, and what is not there yet, or is more than is sent at once.
      if (early) dialogue.finish(asked.from + toWire, granted.from + toWire, this.#now);
      if (!early || next < asked.until) {
        dialogue.finish(next + toWire, Math.max(next, asked.until) + toWire, this.#now);
      }
    }
    this.#answered(id, client);
  }

  /** An answer, or a refusal, was sent as a whole. */
  #answered(id: number, client: Client): void {
    const { connection } = this.#codec;
    if (client.state !== "answering") return;
    if (connection === "one" || (connection === "follow" && client.grant === undefined)) {
      return this.#end(id, client);
    }
    if (client.inFlight > 0) {
      client.inFlight--;
      this.#inFlight--;
    }
    client.deadline = NEVER;
    if (connection === "follow") {
      client.state = "following";
      if (this.#followAt === NEVER || this.#followAt <= this.#now) {
        this.#followAt = this.#now + FOLLOW_INTERVAL;
      }
      if (client.ended) this.#end(id, client);
      else this.#follow(id, client);
      return;
    }
    client.state = "reading";
    const next = client.queue.shift();
    if (next !== undefined) this.#answer(id, client, next);
    else if (client.ended) this.#end(id, client);
  }

  /** Sends what was published since. */
  #follow(id: number, client: Client): void {
    const { end, asked } = client.grant!;
    if (client.next < this.#followUntil(client)) {
      client.state = "answering";
      client.deadline = this.#now + this.#limits.answerTime;
      if (client.full === undefined) this.#lookUp(id, client);
      return;
    }
    const over = client.next >= end || client.next >= asked.until || this.#over;
    if (!over) return;
    client.dialogue.endOfSession?.(this.#now);
    this.#end(id, client);
  }

  /** Not a request, but whole: it is answered, since what it asked for is certainly not here. */
  #onNonsense(id: number, client: Client, text: string): void {
    if (this.#codec.connection !== "one") {
      if (this.#listensTo(client)) this.#drop(id, client, `not a request: "${text}"`);
      return;
    }
    if (client.state !== "reading") return;
    this.#sink.refused(client.peer, `not a request: "${text}"`, this.#now);
    client.dialogue.refuse(1, { session: "", from: 0, until: 1 }, "not-found", this.#now);
    this.#end(id, client);
  }

  /** Nothing more will be sent; what was sent is to be taken in time. */
  #end(id: number, client: Client): void {
    if (client.state === "ended" || client.state === "dropped") return;
    client.state = "ended";
    client.deadline = this.#now + this.#limits.answerTime;
    client.quietAt = NEVER;
    client.queue.length = 0;
    this.#sink.end(id);
  }

  #drop(id: number, client: Client, reason: string): void {
    if (client.state === "dropped") return;
    this.#inFlight -= client.inFlight;
    client.inFlight = 0;
    client.state = "dropped";
    client.deadline = NEVER;
    client.quietAt = NEVER;
    client.queue.length = 0;
    this.#sink.refused(client.peer, reason, this.#now);
    this.#sink.destroy(id);
  }
}
