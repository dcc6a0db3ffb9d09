import type { RecoveryCodec, ServerDialogue } from "../codecs/recovery/recovery.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import { type Nanos, NEVER, SECOND } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import type { Spoiling } from "../faults/fault.ts";
import {
  type Extent,
  grant,
  type Grant,
  sessionOf,
  type Wanted,
  wordsOf,
} from "./recovery-server/grant.ts";
import {
  DATAGRAM_BYTES_MAX,
  FOLLOW_INTERVAL,
  READ_MAX,
  type RecoveryLimits,
  type RequestQuota,
  SILENCES_MAX,
} from "./recovery-server/limits.ts";
import { Outlet } from "./recovery-server/outlet.ts";
import type { Faults, Strike } from "./recovery-server/faults.ts";
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
  /** What it does wrong. */
  readonly faults?: Faults | undefined;
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
  /** Resets the connection; `onClosed` follows. */
  reset(id: number): void;
  /** A fault strikes. */
  struck(peer: string, fault: string, now: Nanos): void;
  request(peer: string, text: string, now: Nanos): void;
  /** A client went beyond a limit, or spoke nonsense. */
  refused(peer: string, reason: string, now: Nanos): void;
}

interface Pending {
  readonly number: number;
  readonly wanted: Wanted;
  /** Which of all requests it is. */
  readonly ordinal: number;
}

/** What a fault makes of the answer that is under way. */
interface Spoiled {
  readonly spoiling: Spoiling;
  readonly number: number;
  /** What is sent after what is being sent now. */
  readonly later: SeqRange[];
  /** Messages that were sent. */
  sent: number;
  /** Nothing more of it is to be sent. */
  cut: boolean;
}

interface Client {
  readonly peer: string;
  readonly dialogue: ServerDialogue;
  readonly outlet: Outlet;
  /** Which of all connections it is. */
  readonly ordinal: number;
  spoiled: Spoiled | undefined;
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
  }

  get connections(): number {
    return this.#clients.size;
  }

  onOpened(id: number, peer: string, now: Nanos): void {
    const ordinal = ++this.#connections;
    const client: Client = {
      peer,
      ordinal,
      spoiled: undefined,
      outlet: new Outlet({
        write: (bytes) => this.#sink.send(id, bytes),
        repair: (bytes) => this.#sink.repair(bytes),
        end: () => this.#sink.end(id),
        reset: () => this.#sink.reset(id),
      }),
      dialogue: this.#codec.server({
        request: (number, wanted, text) => this.#onRequest(id, client, number, wanted, text),
        reply: (bytes) => {
          client.spoken = this.#now;
          if (!client.outlet.send(bytes, this.#now)) client.full ??= "connection";
        },
        repair: (bytes) => {
          if (!client.outlet.repair(bytes, this.#now)) client.full ??= "repairs";
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
    if (full) {
      this.#drop(id, client, `more than ${this.#limits.connectionsMax} connections`);
      return;
    }
    const strike = this.#faults?.onAccept({ connection: ordinal, peer }, now);
    if (strike === undefined) return;
    this.#sink.struck(peer, strike.name, now);
    this.#breakOff(client);
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
    const { spoiled, grant, dialogue, outlet } = client;
    if (spoiled === undefined) dialogue.message(seq + grant.toWire, message);
    else if (spoiled.sent >= (spoiled.spoiling.most ?? Infinity)) {
      spoiled.cut = true;
      return false;
    } else {
      spoiled.sent++;
      const shown = spoiled.spoiling.rewrite?.(message) ?? message;
      outlet.carry(() => dialogue.message(seq + grant.toWire, shown));
    }
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
    const cut = client.spoiled?.cut === true;
    const more = client.next < until && !client.hole && !cut;
    if (client.full !== undefined && more) return;
    if (more && client.next >= client.lookedUp) return this.#lookUp(id, client);
    if (!cut && this.#goOn(id, client)) return;
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
      earliest = Math.min(earliest, client.outlet.deadline());
      if (client.state === "following") earliest = Math.min(earliest, this.#followAt);
    }
    return earliest;
  }

  onDeadline(now: Nanos): void {
    this.#now = now;
    const follow = now >= this.#followAt;
    if (follow) this.#followAt = now + FOLLOW_INTERVAL;
    for (const [id, client] of this.#clients) {
      const { outlet } = client;
      if (now >= outlet.deadline()) {
        outlet.onDeadline(now);
        if (client.full !== undefined && outlet.hasRoom) this.#resume(id, client);
      }
      // What a fault holds back is no fault of the client's.
      if (now >= client.deadline && outlet.waits) client.deadline = now + this.#limits.answerTime;
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

  #onRequest(id: number, client: Client, number: number, wanted: Wanted, text: string): void {
    const pipelined = client.state === "answering" && this.#codec.connection === "many";
    if (client.state !== "reading" && !pipelined) return;
    if (this.#inFlight >= this.#limits.requestsMax) {
      this.#drop(id, client, `more than ${this.#limits.requestsMax} requests in flight`);
      return;
    }
    this.#sink.request(client.peer, text, this.#now);
    const pending: Pending = { number, wanted, ordinal: ++this.#requests };
    client.bytes = 0;
    client.quietAt = NEVER;
    client.inFlight++;
    this.#inFlight++;
    if (pipelined) client.queue.push(pending);
    else this.#answer(id, client, pending);
  }

  #answer(id: number, client: Client, pending: Pending): void {
    const { number, wanted } = pending;
    client.state = "answering";
    client.deadline = this.#now + this.#limits.answerTime;
    client.hole = false;
    const { dialogue, peer } = client;
    const refuse = (why: Exclude<ReturnType<typeof grant>, Grant>): void => {
      dialogue.refuse(number, wordsOf(wanted), why, this.#now);
      this.#answered(id, client);
    };
    if (!this.#quotas.take(peer, this.#now)) {
      const { requests, per, reply } = this.#quota!;
      this.#sink.refused(
        peer,
        `more than ${requests} requests in ${formatDuration(per)}`,
        this.#now,
      );
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
    if (typeof granted === "string") return refuse(granted);
    client.grant = granted;
    const [first, ...later] = this.#ranges(granted, spoiling);
    if (this.#codec.repairs === "group") this.#begin(client, number, granted.granted);
    client.spoiled?.later.push(...later);
    this.#send(id, client, number, first);
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

  /** What is sent, one after the other: what was granted, unless a fault says otherwise. */
  #ranges({ granted }: Grant, spoiling: Spoiling | undefined): [SeqRange, ...SeqRange[]] {
    const { shift = 0, ahead = 0 } = spoiling ?? {};
    const { from, until } = granted;
    const follows = this.#codec.connection === "follow";
    if (follows) return [{ from: from + shift + ahead, until: until + shift + ahead }];
    if (shift !== 0) return [{ from: from + shift, until: until + shift }];
    const beyond = { from: until, until: Math.min(until + ahead, this.#extent.next) };
    return beyond.from < beyond.until ? [beyond, granted] : [granted];
  }

  #begin(client: Client, number: number, { from, until }: SeqRange): void {
    const { session, toWire } = client.grant!;
    const name = client.spoiled?.spoiling.session ?? session;
    const asked = { session: name, from: from + toWire, until: until + toWire };
    client.dialogue.begin(number, asked, this.#now);
  }

  /** Begins with a part of the answer, which may be all of it. */
  #send(id: number, client: Client, number: number, part: SeqRange): void {
    if (this.#codec.repairs === "answer") this.#begin(client, number, part);
    client.grant = { ...client.grant!, granted: part };
    client.next = part.from;
    if (part.from < part.until) this.#lookUp(id, client);
    else this.#finish(id, client, client.grant);
  }

  /** Goes on with the next part of a spoilt answer; false when there is none. */
  #goOn(id: number, client: Client): boolean {
    const { spoiled, dialogue, next, grant } = client;
    const part = spoiled?.later.shift();
    if (spoiled === undefined || part === undefined) return false;
    const at = next + grant!.toWire;
    if (this.#codec.over === "datagram") {
      client.outlet.carry(() => dialogue.finish(at, at, this.#now));
    }
    client.hole = false;
    client.bytes = 0;
    this.#send(id, client, spoiled.number, part);
    return true;
  }

  /** Answers nothing, and lets the connection break. */
  #breakOff(client: Client): void {
    this.#forget(client);
    client.outlet.reset(this.#now);
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
    const { dialogue, next, spoiled } = client;
    const lies = spoiled !== undefined && liesOf(spoiled);
    if (this.#codec.connection === "follow") {
      if (spoiled?.cut === true) return this.#end(id, client);
      if (client.hole) {
        this.#drop(id, client, `${next} is asked for, and not kept any more`);
        return;
      }
    } else if (lies) {
      // It does not say what is missing.
      const at = next + toWire;
      client.outlet.carry(() => dialogue.finish(at, at, this.#now));
    } else if (spoiled !== undefined && this.#codec.over === "datagram") {
      const at = next + toWire;
      const end = Math.max(next, asked.until) + toWire;
      client.outlet.carry(() => dialogue.finish(at, end, this.#now));
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
    client.outlet.end(this.#now);
  }

  #drop(id: number, client: Client, reason: string): void {
    if (client.state === "dropped") return;
    this.#forget(client);
    client.outlet.clear();
    this.#sink.refused(client.peer, reason, this.#now);
    this.#sink.destroy(id);
  }

  #forget(client: Client): void {
    this.#inFlight -= client.inFlight;
    client.inFlight = 0;
    client.state = "dropped";
    client.deadline = NEVER;
    client.quietAt = NEVER;
    client.queue.length = 0;
  }
}

/** Whether what is sent is other than what would be, so that nothing true can be said of the rest. */
function liesOf({ spoiling }: Spoiled): boolean {
  const { shift, ahead, most } = spoiling;
  return shift !== undefined || ahead !== undefined || most !== undefined;
}
