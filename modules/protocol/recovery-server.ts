import type { RecoveryCodec } from "../codecs/recovery/recovery.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq } from "../core/seq.ts";
import { type Nanos, NEVER, SECOND } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import { Answers } from "./recovery-server/answers.ts";
import { type Client, createClient, Manners, type Pending } from "./recovery-server/client.ts";
import type { Faults, Strike } from "./recovery-server/faults.ts";
import {
  type Extent,
  grant,
  type Grant,
  sessionOf,
  type Wanted,
  wordsOf,
} from "./recovery-server/grant.ts";
import {
  FOLLOW_INTERVAL,
  type RecoveryLimits,
  type RequestQuota,
} from "./recovery-server/limits.ts";
import { Outlet } from "./recovery-server/outlet.ts";
import { Quotas } from "./recovery-server/quotas.ts";
import type { RecoveryServerParts, RecoveryServerSink } from "./recovery-server/sink.ts";
import { Sessions } from "./sessions.ts";

export {
  RECOVERY_LIMITS,
  type RecoveryLimits,
  type RequestQuota,
} from "./recovery-server/limits.ts";
export type { RecoveryServerParts, RecoveryServerSink } from "./recovery-server/sink.ts";

/**
 * Answers requests for lost messages.
 *
 *     (open)    -> reading      there is room for one more
 *     reading   -> answering    the request is complete: a terminator, the end, or a quiet moment
 *     reading   -> dropped      too long, too slow, not a request, silent, or too many in flight
 *     answering -> answering    what was sent was taken, and there is room for more
 *     answering -> answering    `follow`: a moment to leave is over, and it has not left
 *     answering -> reading      `many`: the answer was sent, and the next request may come
 *     answering -> following    `follow`: all that there is was sent
 *     answering -> ended        `one`: the answer was sent
 *     answering -> dropped      a fault resets the connection
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
  #faults: Faults | undefined;
  #manners: Manners;
  #answers: Answers;
  #connections = 0;
  #requests = 0;
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
    this.#faults = parts.faults;
    this.#manners = new Manners(codec, limits);
    this.#answers = new Answers(codec, this.#extent, {
      lookUp: (id, from, until) => sink.lookUp(id, from, until),
      answered: (client) => this.#answered(client),
      end: (client) => this.#end(client),
      drop: (client, reason) => this.#drop(client, reason),
    });
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Messages sent in answer. */
  get answered(): number {
    return this.#answers.messages;
  }

  onOpened(id: number, peer: string, now: Nanos): void {
    this.#now = now;
    const ordinal = ++this.#connections;
    const outlet = new Outlet({
      write: (bytes) => this.#sink.send(id, bytes),
      repair: (bytes) => this.#sink.repair(bytes),
      end: () => this.#sink.end(id),
      reset: () => this.#sink.reset(id),
    });
    const dialogue = this.#codec.server({
      request: (number, wanted, text) => this.#onRequest(client, number, wanted, text),
      reply: (bytes) => {
        client.spoken = this.#now;
        if (!outlet.send(bytes, this.#now)) client.full ??= "connection";
      },
      repair: (bytes) => {
        if (!outlet.repair(bytes, this.#now)) client.full ??= "repairs";
      },
      left: () => this.#end(client),
      alive: () => (client.bytes = 0),
      fault: (_fault, text) => this.#onNonsense(client, text),
    });
    const deadline = this.#codec.connection === "many" ? NEVER : now + this.#limits.requestTime;
    const client = createClient({ id, peer, ordinal, outlet, dialogue }, deadline, now);
    const full = this.#clients.size >= this.#limits.connectionsMax;
    this.#clients.set(id, client);
    if (full) return this.#drop(client, `more than ${this.#limits.connectionsMax} connections`);
    const strike = this.#faults?.onAccept({ connection: ordinal, peer }, now);
    if (strike === undefined) return;
    this.#sink.struck(peer, strike.name, now);
    this.#breakOff(client);
  }

  /** What came on a stream, or one datagram. */
  onBytes(id: number, bytes: Uint8Array, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client === undefined || !this.#manners.listensTo(client)) return;
    client.heard = now;
    client.bytes += bytes.length;
    if (client.bytes > this.#limits.requestBytesMax) {
      return this.#drop(client, `a request of more than ${this.#limits.requestBytesMax} bytes`);
    }
    client.dialogue.push(bytes);
    client.quietAt = client.dialogue.settled ? now + this.#limits.requestQuiet : NEVER;
    if (this.#codec.over === "datagram") this.onEnd(id, now);
  }

  /** The client has finished sending. */
  onEnd(id: number, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client === undefined || !this.#manners.listensTo(client)) return;
    client.ended = true;
    client.dialogue.end();
    // Nothing was asked: an open port check, say; or all was answered.
    if (client.state === "reading" || client.state === "following") this.#end(client);
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
    if (client?.full === "connection") this.#resume(client);
  }

  /** What was sent to the group of repairs has left. */
  onRepairsDrained(now: Nanos): void {
    this.#now = now;
    for (const client of this.#clients.values()) {
      if (client.full === "repairs") this.#resume(client);
    }
  }

  /** One stored message of what `lookUp` asked for, in order. False: no more for now. */
  onMessage(id: number, seq: Seq, message: Uint8Array): boolean {
    const client = this.#clients.get(id);
    return client !== undefined && this.#answers.onMessage(client, seq, message);
  }

  /** The store has no more for this request, or was told to stop. */
  onLookedUp(id: number): void {
    const client = this.#clients.get(id);
    if (client !== undefined) this.#answers.onLookedUp(client, this.#now);
  }

  /** The feed has ended: those who follow it are told when they have got all. */
  onEndOfSession(now: Nanos): void {
    this.#now = now;
    this.#over = true;
    for (const client of this.#clients.values()) {
      if (client.state === "following") this.#follow(client);
    }
  }

  deadline(): Nanos {
    let earliest = NEVER;
    for (const client of this.#clients.values()) {
      earliest = Math.min(earliest, this.#manners.deadline(client, this.#followAt));
    }
    return earliest;
  }

  onDeadline(now: Nanos): void {
    this.#now = now;
    const follow = now >= this.#followAt;
    if (follow) this.#followAt = now + FOLLOW_INTERVAL;
    for (const client of this.#clients.values()) this.#look(client, follow, now);
  }

  /** Time has passed. `follow`: it is time to look for what was published since. */
  #look(client: Client, follow: boolean, now: Nanos): void {
    const { outlet } = client;
    const { requestTime, answerTime } = this.#limits;
    if (now >= outlet.deadline()) {
      outlet.onDeadline(now);
      if (client.full !== undefined && outlet.hasRoom) this.#resume(client);
    }
    if (now >= client.goesOnAt) this.#goOn(client);
    // What a fault holds back is no fault of the client's.
    if (now >= client.deadline && outlet.waits) client.deadline = now + answerTime;
    if (client.state === "reading" && now >= client.quietAt) {
      client.quietAt = NEVER;
      client.dialogue.end();
    } else if (now >= client.deadline) {
      const reading = client.state === "reading";
      const waited = reading ? "no complete request" : "answer not taken";
      this.#drop(client, `${waited} within ${(reading ? requestTime : answerTime) / SECOND}s`);
    } else if (now >= this.#manners.silentAt(client)) {
      this.#drop(client, `nothing heard for ${formatDuration(now - client.heard)}`);
    } else {
      if (follow && client.state === "following") this.#follow(client);
      if (now < this.#manners.heartbeatAt(client)) return;
      client.spoken = now;
      client.dialogue.heartbeat?.(now);
    }
  }

  #onRequest(client: Client, number: number, wanted: Wanted, text: string): void {
    const pipelined = client.state === "answering" && this.#codec.connection === "many";
    if (client.state !== "reading" && !pipelined) return;
    if (this.#inFlight >= this.#limits.requestsMax) {
      return this.#drop(client, `more than ${this.#limits.requestsMax} requests in flight`);
    }
    this.#sink.request(client.peer, text, this.#now);
    const pending: Pending = { number, wanted, ordinal: ++this.#requests };
    client.bytes = 0;
    client.quietAt = NEVER;
    client.inFlight++;
    this.#inFlight++;
    if (pipelined) client.queue.push(pending);
    else this.#answer(client, pending);
  }

  #answer(client: Client, pending: Pending): void {
    const { number, wanted } = pending;
    client.state = "answering";
    client.deadline = this.#now + this.#limits.answerTime;
    client.hole = false;
    const { dialogue, peer } = client;
    const refuse = (why: Exclude<ReturnType<typeof grant>, Grant>): void => {
      dialogue.refuse(number, wordsOf(wanted), why, this.#now);
      this.#answered(client);
    };
    if (!this.#quotas.take(peer, this.#now)) {
      const { requests, per, reply } = this.#quota!;
      const reason = `more than ${requests} requests in ${formatDuration(per)}`;
      this.#sink.refused(peer, reason, this.#now);
      return refuse(reply === "not_found" ? "not-found" : "quota");
    }
    const spoiling = this.#strike(client, pending)?.spoiling;
    client.outlet.begin(spoiling, this.#now);
    client.spoiled = spoiling && { spoiling, number, later: [], sent: 0, cut: false };
    if (spoiling?.resetAfter === 0) return this.#breakOff(client);
    if (spoiling?.refuse !== undefined) return refuse(spoiling.refuse);
    const granted = grant(wanted, {
      extent: this.#extent,
      sessions: this.#sessions,
      requestMax: this.#requestMax,
      follows: this.#codec.connection === "follow",
      strict: this.#codec.repairs === "group",
    });
    if (typeof granted === "string") refuse(granted);
    else this.#answers.begin(client, number, granted, this.#now);
  }

  /** Which fault this request meets. */
  #strike(client: Client, { wanted, ordinal }: Pending): Strike | undefined {
    const { peer } = client;
    const { from, until } = wordsOf(wanted);
    const strike = this.#faults?.onRequest(
      {
        connection: client.ordinal,
        request: ordinal,
        peer,
        asked: { from, until: this.#knownUntil(wanted, until) },
      },
      this.#now,
    );
    if (strike !== undefined) this.#sink.struck(peer, strike.name, this.#now);
    return strike;
  }

  /** Who asks for all that may ever come asks for no number that nobody knows yet. */
  #knownUntil({ session }: Wanted, until: Seq): Seq {
    if (this.#codec.connection !== "follow") return until;
    const { from = 0, first = 0 } = sessionOf(session, this.#sessions) ?? {};
    return Math.min(until, this.#extent.next - from + first);
  }

  /** Answers nothing, and lets the connection break. */
  #breakOff(client: Client): void {
    this.#forget(client);
    client.outlet.reset(this.#now);
  }

  /** There is room again. */
  #resume(client: Client): void {
    client.full = undefined;
    this.#goOn(client);
  }

  #goOn(client: Client): void {
    client.goesOnAt = NEVER;
    if (client.state !== "answering" || client.grant === undefined) return;
    client.deadline = this.#now + this.#limits.answerTime;
    this.#answers.lookUp(client);
  }

  /** An answer, or a refusal, was sent as a whole. */
  #answered(client: Client): void {
    const { connection } = this.#codec;
    if (client.state !== "answering") return;
    if (connection === "one" || (connection === "follow" && client.grant === undefined)) {
      return this.#end(client);
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
      if (client.ended) this.#end(client);
      else this.#follow(client);
      return;
    }
    client.state = "reading";
    const next = client.queue.shift();
    if (next !== undefined) this.#answer(client, next);
    else if (client.ended) this.#end(client);
  }

  /** Sends what was published since. */
  #follow(client: Client): void {
    const { end, asked } = client.grant!;
    if (client.next < this.#answers.followUntil(client)) {
      client.state = "answering";
      client.deadline = this.#now + this.#limits.answerTime;
      if (client.full === undefined) this.#answers.lookUp(client);
      return;
    }
    const over = client.next >= end || client.next >= asked.until || this.#over;
    if (!over) return;
    client.dialogue.endOfSession?.(this.#now);
    this.#end(client);
  }

  /** Not a request, but whole: it is answered, since what it asked for is certainly not here. */
  #onNonsense(client: Client, text: string): void {
    const reason = `not a request: "${text}"`;
    if (this.#codec.connection !== "one") {
      if (this.#manners.listensTo(client)) this.#drop(client, reason);
      return;
    }
    if (client.state !== "reading") return;
    this.#sink.refused(client.peer, reason, this.#now);
    client.dialogue.refuse(1, { session: "", from: 0, until: 1 }, "not-found", this.#now);
    this.#end(client);
  }

  /** Nothing more will be sent; what was sent is to be taken in time. */
  #end(client: Client): void {
    if (client.state === "ended" || client.state === "dropped") return;
    client.state = "ended";
    client.deadline = this.#now + this.#limits.answerTime;
    client.quietAt = NEVER;
    client.goesOnAt = NEVER;
    client.queue.length = 0;
    // Of a datagram nobody hangs up: it would be in hand for ever, and so would those after it.
    if (this.#codec.over === "datagram" && client.outlet.silent) this.#sink.end(client.id);
    else client.outlet.end(this.#now);
  }

  #drop(client: Client, reason: string): void {
    if (client.state === "dropped") return;
    this.#forget(client);
    client.outlet.clear();
    this.#sink.refused(client.peer, reason, this.#now);
    this.#sink.destroy(client.id);
  }

  #forget(client: Client): void {
    this.#inFlight -= client.inFlight;
    client.inFlight = 0;
    client.state = "dropped";
    client.deadline = NEVER;
    client.quietAt = NEVER;
    client.goesOnAt = NEVER;
    client.queue.length = 0;
  }
}
