import type { ClientDialogue, RecoveryCodec } from "../codecs/recovery/recovery.ts";
import type { Machine } from "../core/machine.ts";
import type { Rng } from "../core/rng.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import { MILLISECOND, type Nanos, NEVER } from "../core/time.ts";
import { Quota } from "./quota.ts";
import { createLink, type Link } from "./recovery-client/link.ts";
import type { RecoveryPolicy } from "./recovery-client/policy.ts";
import { Request } from "./recovery-client/request.ts";
import type { RecoveryClientSink } from "./recovery-client/sink.ts";
import { type Want, Wants } from "./recovery-client/wants.ts";
import { Sessions } from "./sessions.ts";

export { RECOVERY_DEFAULTS, type RecoveryPolicy } from "./recovery-client/policy.ts";
export type { RecoveryClientSink, RecoveryStages } from "./recovery-client/sink.ts";

/** Numbers that a stream may bring for nothing before it comes to the next gap. */
const READ_ON_MAX = 1000;

/** A server that has been silent for so many times its own heartbeat is not there any more. */
const SILENCES_MAX = 3;

/** What a client may be given besides its codec. */
export interface RecoveryClientParts {
  /** The sessions of the feed, which others may add to. */
  readonly sessions?: Sessions;
  /** How many servers there are; they are tried in turn. */
  readonly servers?: number;
  /** Where the chance in waits comes from. */
  readonly rng?: Rng;
}

/**
 * Asks recovery servers for what is missing.
 *
 * A number:
 *
 *     wanted     -> connecting    a slot and the quota are free, and the wait before it is over
 *     connecting -> asked         connected; the request is on its way
 *     connecting -> wanted        unreachable: everybody waits, then one request tries alone
 *     asked      -> recovered     the right answer
 *     asked      -> wanted        no answer in time, a wrong one, or the connection broke
 *     asked      -> wanted        the answer ended early: what is left is asked for at once
 *     asked      -> abandoned     the server says that it does not have it
 *     wanted     -> recovered     the answer came after all, late
 *     wanted     -> abandoned     tried too often, or for too long
 *     wanted     -> (gone)        a line brought it after all
 *     asked      -> (gone)        no answer, but a line, or the group of repairs, brought it
 *
 * A connection:
 *
 *     connecting -> open          it can be asked
 *     connecting -> (closed)      refused, or not in time: the next server's turn
 *     open       -> (closed)      `one`: its request is over; any: it broke, or brought nonsense
 *     open       -> open          `many`: its request is over, and the next one may come
 *     open       -> lingering     `follow`: we said that we leave; datagrams: no answer in time
 *     lingering  -> (closed)      after one more timeout, or when there are too many of these
 */
export class RecoveryClient implements Machine {
  #codec: RecoveryCodec;
  #policy: RecoveryPolicy;
  #sink: RecoveryClientSink;
  #sessions: Sessions;
  #servers: number;
  #rng: Rng | undefined;
  #quota: Quota | undefined;
  #wanted = new Wants();
  #links = new Map<number, Link>();
  /** Requests that are waiting for a connection or for an answer. */
  #inFlight = 0;
  #nextId = 1;
  #server = 0;
  /** Connections that failed since one last succeeded. */
  #refusals = 0;
  #reached = false;
  #closedUntil: Nanos = 0;
  /** The deadline, as of the last dispatch. */
  #wake: Nanos = NEVER;
  /** The time of the call that is being answered; dialogues know no time. */
  #now: Nanos = 0;

  constructor(
    codec: RecoveryCodec,
    policy: RecoveryPolicy,
    sink: RecoveryClientSink,
    { sessions = new Sessions(), servers = 1, rng }: RecoveryClientParts = {},
  ) {
    this.#codec = codec;
    this.#policy = policy;
    this.#sink = sink;
    this.#sessions = sessions;
    this.#servers = servers;
    this.#rng = rng;
    this.#quota = policy.quota === undefined ? undefined : new Quota(policy.quota);
  }

  /** True when nothing is wanted and nothing is under way. */
  get idle(): boolean {
    return this.#wanted.length === 0 && this.#inFlight === 0;
  }

  onGap(from: Seq, until: Seq, now: Nanos): void {
    const notBefore = now + this.#policy.mergeWindow;
    this.#wanted.add({ from, until, since: now, attempts: 0, notBefore });
    this.#dispatch(now);
  }

  /** Somebody else brought these. A request that is under way is not repeated for them. */
  onFilled(from: Seq, until: Seq, now: Nanos): void {
    this.#wanted.cut(from, until);
    for (const link of this.#links.values()) {
      for (const request of requestsOf(link)) {
        const low = Math.max(from, request.from);
        const high = Math.min(until, request.until);
        if (low >= high) continue;
        request.filled.add(low, high);
        if (this.#codec.repairs === "group") this.#onRepair(request, now);
      }
      this.#settle(link, undefined, now);
    }
    this.#dispatch(now);
  }

  /** The group of repairs says that nobody can have these any more. */
  onUnavailable(from: Seq, until: Seq, now: Nanos): void {
    const given: SeqRange[] = this.#wanted.cut(from, until);
    for (const link of this.#links.values()) {
      for (const request of requestsOf(link)) {
        const parts = request.missing.within(from, until);
        if (parts.length === 0) continue;
        given.push(...parts);
        request.pending.remove(from, until);
        this.#onRepair(request, now);
      }
      this.#settle(link, undefined, now);
    }
    for (const range of given) this.#sink.abandoned(range.from, range.until, "unavailable", now);
    this.#dispatch(now);
  }

  onConnected(id: number, now: Nanos): void {
    const link = this.#links.get(id);
    if (link?.state !== "connecting") return;
    // That a datagram can be sent says nothing of who is there.
    if (this.#codec.over === "stream") this.#onReached();
    link.state = "open";
    link.deadline = NEVER;
    link.lastHeard = now;
    link.lastSent = now;
    for (const request of link.waiting.splice(0)) this.#ask(link, request, now);
    this.#settle(link, undefined, now);
    this.#dispatch(now);
  }

  /** What came on a stream, or one datagram. */
  onBytes(id: number, bytes: Uint8Array, now: Nanos): void {
    const link = this.#links.get(id);
    if (link === undefined || link.wrong !== undefined) return;
    this.#now = now;
    this.#onReached();
    link.lastHeard = now;
    for (const request of link.requests.values()) request.firstByte ??= now;
    link.dialogue.push(bytes);
    this.#settle(link, undefined, now);
    this.#dispatch(now);
  }

  /** The server has finished sending. */
  onEnd(id: number, now: Nanos): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    this.#now = now;
    link.dialogue.end();
    this.#settle(link, "the server closed without an answer", now);
    this.#dispatch(now);
  }

  /** The connection is gone, or could not be made; `reason` is undefined when it ended well. */
  onClosed(id: number, reason: string | undefined, now: Nanos): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    const asking = this.#codec.over === "datagram" && link.requests.size > 0;
    if (link.state === "connecting") this.#unreachable(link, reason ?? "closed", now);
    else if (asking && reason !== undefined) this.#unreachable(link, reason, now);
    else if (reason === undefined) return this.onEnd(id, now);
    else this.#settle(link, reason, now);
    this.#dispatch(now);
  }

  deadline(): Nanos {
    return this.#wake;
  }

  onDeadline(now: Nanos): void {
    const { timeout } = this.#policy;
    for (const link of this.#links.values()) {
      if (link.state === "connecting") {
        if (now < link.deadline) continue;
        this.#unreachable(link, `no connection within ${timeout / MILLISECOND}ms`, now);
      } else if (now >= link.deadline) this.#close(link);
      else if (link.state === "open") this.#keepAlive(link, now);
    }
    this.#dispatch(now);
  }

  #onReached(): void {
    this.#reached = true;
    this.#refusals = 0;
  }

  /** Sees to it that both sides speak, and that what is asked is answered. */
  #keepAlive(link: Link, now: Nanos): void {
    const { clientSilence } = this.#codec;
    if (now >= this.#silentAt(link)) return this.#settle(link, "the server has gone silent", now);
    const late = [...link.requests].filter(([, { deadline }]) => now >= deadline);
    for (const [number, request] of late) this.#timeOut(link, number, request, now);
    if (!this.#links.has(link.id) || clientSilence === undefined) return;
    if (now < link.lastSent + clientSilence) return;
    const bytes = link.dialogue.heartbeat?.();
    if (bytes !== undefined) this.#sink.send(link.id, bytes);
    link.lastSent = now;
  }

  #timeOut(link: Link, number: number, request: Request, now: Nanos): void {
    if (!link.requests.has(number)) return;
    const within = `within ${this.#policy.timeout / MILLISECOND}ms`;
    const reason = request.accepted ? `no repair ${within}` : `no answer ${within}`;
    this.#server = (this.#server + 1) % this.#servers;
    const { connection, over } = this.#codec;
    // On a connection that has been silent ever since, others would wait in vain too.
    const dead = connection === "many" && link.lastHeard < request.connected + 1;
    if (over === "stream" && (connection !== "many" || dead)) {
      return this.#settle(link, reason, now);
    }
    link.requests.delete(number);
    this.#inFlight--;
    link.past = [...link.past, request].slice(-this.#policy.inFlightMax);
    if (connection !== "many") this.#linger(link, now);
    this.#fail(request, reason, now);
  }

  #dispatch(now: Nanos): void {
    const slots = this.#reached ? this.#policy.inFlightMax : 1;
    if (this.#codec.connection === "follow") this.#readOn(now);
    for (let at = 0; at < this.#wanted.length && now >= this.#closedUntil;) {
      if (this.#inFlight >= slots) break;
      const want = this.#wanted.at(at)!;
      if (now - want.since >= this.#policy.giveUp) {
        this.#wanted.cut(want.from, want.until);
        this.#sink.abandoned(want.from, want.until, "tried for too long", now);
      } else if (this.#isOver(want.from)) {
        const { from, until } = this.#sessions.asked(want.from, want.until);
        const end = want.from + (until - from);
        this.#wanted.cut(want.from, end);
        this.#sink.abandoned(want.from, end, "its session is over, and has no name to ask by", now);
      } else if (now < want.notBefore) at++;
      else if (this.#quota?.take(now) === false) break;
      else this.#start(want, now);
    }
    this.#rearm();
  }

  /** A session without a name cannot be asked for when another has begun: its numbers mean others now. */
  #isOver(seq: Seq): boolean {
    const session = this.#sessions.of(seq);
    return session?.name === "" && session !== this.#sessions.current;
  }

  /** A stream that is being read brings what is wanted close behind too. */
  #readOn(now: Nanos): void {
    for (const link of this.#links.values()) {
      if (link.state !== "open") continue;
      for (const request of link.requests.values()) {
        for (let seq = request.next; ;) {
          const want = this.#wanted.after(seq);
          if (want === undefined || want.from > request.until + READ_ON_MAX) break;
          seq = want.until;
          if (want.from < request.next) continue;
          if (this.#sessions.of(want.from) !== this.#sessions.of(request.next)) break;
          this.#wanted.cut(want.from, want.until);
          this.#sink.asking(want.from, want.until, want.attempts + 1, now);
          this.#sink.requested(want.from, want.until, want.attempts + 1, now);
          request.extend(want);
        }
      }
    }
  }

  #start(first: Want, now: Nanos): void {
    const wants = this.#gather(first, now);
    const request = new Request(wants, now, this.#policy.timeout);
    this.#inFlight++;
    this.#sink.asking(request.from, request.until, request.attempts + 1, now);
    const open = this.#codec.connection === "many" ? this.#shared() : undefined;
    if (open === undefined) this.#connect(request);
    else if (open.state === "connecting") open.waiting.push(request);
    else {
      this.#ask(open, request, now);
      this.#settle(open, undefined, now);
    }
  }

  /** What one request asks for: a want, and those behind it that are near enough. */
  #gather(first: Want, now: Nanos): Want[] {
    const { requestMax, mergeAcross } = this.#policy;
    // A stream goes on as long as it is read.
    const most = this.#codec.connection === "follow" ? Infinity : requestMax;
    const max = Math.min(most, this.#codec.requestMax);
    const { from, until } = this.#sessions.asked(first.from, first.from + max);
    const end = first.from + (until - from);
    const wants = this.#wanted.cut(first.from, Math.min(first.until, end));
    for (;;) {
      const last = wants.at(-1)!;
      // What is left of the first one is the next now, and lies beyond the end.
      const next = this.#wanted.after(last.until);
      if (next === undefined || next.from >= end || next.from - last.until > mergeAcross) break;
      if (next.attempts !== first.attempts) break;
      if (next.attempts > 0 && now < next.notBefore) break;
      wants.push(...this.#wanted.cut(next.from, Math.min(next.until, end)));
    }
    return wants;
  }

  /** The connection that is kept for all requests, if there is one. */
  #shared(): Link | undefined {
    for (const link of this.#links.values()) if (link.state !== "lingering") return link;
    return undefined;
  }

  #connect(request: Request): void {
    const id = this.#nextId++;
    const link: Link = createLink(id, this.#server, this.#converse(id), request.deadline);
    link.waiting.push(request);
    this.#links.set(id, link);
    this.#sink.connect(id, link.server);
  }

  #converse(id: number): ClientDialogue {
    const of = (request: number): Request | undefined => this.#links.get(id)?.requests.get(request);
    return this.#codec.client({
      message: (session, seq, bytes, start, end) => {
        const link = this.#links.get(id);
        if (link !== undefined) this.#onMessage(link, session, seq, bytes, start, end);
      },
      accepted: (number) => {
        const request = of(number);
        if (request === undefined) return;
        request.accepted = true;
        this.#onProgress(request, this.#now);
      },
      refused: (number, reason, final) => {
        const request = of(number);
        if (request !== undefined) request.ending = { kind: "refused", reason, final };
      },
      answered: (number) => {
        const request = of(number);
        if (request !== undefined && !request.goesOn) request.ending ??= { kind: "answered" };
      },
      reply: (bytes) => {
        const link = this.#links.get(id);
        if (link !== undefined) link.lastSent = this.#now;
        this.#sink.send(id, bytes);
      },
      fault: (_fault, text) => this.#onWrong(id, `the server answered "${text}"`),
    });
  }

  #ask(link: Link, request: Request, now: Nanos): void {
    request.shrink();
    if (request.pending.size === 0) return void this.#inFlight--;
    const { from, until, attempts } = request;
    const asked = this.#sessions.asked(from, until);
    request.sent(asked, now);
    const number = ++link.sent;
    link.requests.set(number, request);
    link.lastSent = now;
    this.#sink.requested(from, until, attempts + 1, now);
    this.#sink.send(link.id, link.dialogue.ask(number, asked));
    if (this.#codec.requestEnds) this.#sink.finish(link.id);
  }

  #onMessage(
    link: Link,
    session: string,
    wire: Seq,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (link.wrong !== undefined) return;
    for (const request of link.requests.values()) {
      const seq = request.seqOf(session, wire);
      if (seq === undefined) continue;
      const wanted = request.pending.has(seq);
      if (wanted || seq >= request.next) this.#onProgress(request, this.#now);
      request.next = Math.max(request.next, seq + 1);
      if (!wanted) return;
      request.pending.remove(seq, seq + 1);
      request.brought = true;
      return this.#sink.recovered(seq, bytes, start, end, this.#now);
    }
    for (const request of link.past) {
      const seq = request.seqOf(session, wire);
      if (seq === undefined) continue;
      if (this.#wantsLate(seq)) this.#sink.recovered(seq, bytes, start, end, this.#now);
      return;
    }
    if (this.#codec.connection === "follow") {
      // A stream goes on behind what was asked for, and begins before it where the server is behind.
      if (link.state === "lingering") return;
      for (const request of link.requests.values()) if (request.isBeside(session, wire)) return;
    }
    this.#onWrong(link.id, `the server answered with SEQ:${wire}`);
  }

  /** Whether a number that comes late is still of use; if so, nobody asks for it any more. */
  #wantsLate(seq: Seq): boolean {
    if (this.#wanted.cut(seq, seq + 1).length > 0) return true;
    for (const link of this.#links.values()) {
      for (const request of requestsOf(link)) {
        if (!request.pending.has(seq) || request.filled.has(seq)) continue;
        request.pending.remove(seq, seq + 1);
        this.#settle(link, undefined, this.#now);
        return true;
      }
    }
    return false;
  }

  #onWrong(id: number, text: string): void {
    const link = this.#links.get(id);
    if (link === undefined || link.wrong !== undefined) return;
    link.wrong = text;
    this.#sink.wrongAnswer(text, this.#now);
  }

  #onRepair(request: Request, now: Nanos): void {
    request.firstByte ??= now;
    request.brought = true;
    this.#onProgress(request, now);
  }

  #onProgress(request: Request, now: Nanos): void {
    if (request.asked === undefined) return;
    request.deadline = Math.max(request.deadline, now + this.#policy.timeout);
  }

  /** Ends what is over: because the answer is whole or wrong, or because of a `failure`. */
  #settle(link: Link, failure: string | undefined, now: Nanos): void {
    const reason = link.wrong ?? failure;
    if (!this.#links.has(link.id) || link.state === "connecting") return;
    if (link.state === "lingering") {
      if (reason !== undefined) this.#close(link);
      return;
    }
    const over = [...link.requests].filter(
      ([, request]) =>
        reason !== undefined || request.ending !== undefined || this.#isWhole(request),
    );
    for (const [number] of over) {
      link.requests.delete(number);
      this.#inFlight--;
    }
    const useless = this.#codec.connection !== "many" && link.requests.size === 0;
    if (reason !== undefined) this.#close(link);
    else if (useless) this.#leave(link, now);
    for (const [, request] of over) this.#conclude(request, reason, now);
  }

  #isWhole(request: Request): boolean {
    const { connection, repairs } = this.#codec;
    // Its answer is all that a connection is for: it is short, and taken.
    if (connection === "one" && repairs === "answer") return request.pending.size === 0;
    return request.missing.size === 0;
  }

  /** What becomes of the numbers of a request that is over. */
  #conclude(request: Request, failure: string | undefined, now: Nanos): void {
    const { ending, attempts, since, brought, asked } = request;
    if (brought && asked !== undefined) {
      const { from, until } = request.range;
      this.#sink.stages(from, until, request.stages(now));
    }
    if (ending?.kind === "refused" && ending.final) {
      for (const { from, until } of request.missing) {
        this.#sink.abandoned(from, until, ending.reason, now);
      }
    } else if (failure === undefined && ending?.kind === "answered" && brought) {
      // As much as fits came; that is no failure.
      for (const { from, until } of request.missing) {
        this.#wanted.add({ from, until, since, attempts, notBefore: now });
      }
    } else {
      const refused = ending?.kind === "refused" ? ending.reason : undefined;
      this.#fail(request, failure ?? refused ?? "the server sent nothing of it", now);
    }
  }

  #fail(request: Request, reason: string, now: Nanos): void {
    for (const { from, until } of request.missing) {
      this.#sink.failed(from, until, reason, now);
      this.#retry({ ...request.want, from, until }, now);
    }
  }

  #unreachable(link: Link, reason: string, now: Nanos): void {
    this.#close(link);
    const requests = requestsOf(link);
    this.#inFlight -= requests.length;
    this.#reached = false;
    this.#refusals++;
    this.#server = (link.server + 1) % this.#servers;
    // With others to be asked, it is no failure before all of them were.
    const round = this.#refusals % this.#servers === 0;
    if (round) this.#closedUntil = now + this.#backoff(this.#refusals / this.#servers);
    this.#sink.unreachable(reason, now);
    for (const request of requests) {
      for (const { from, until } of request.missing) {
        const want = { ...request.want, from, until };
        if (round) this.#retry(want, now);
        else this.#wanted.add({ ...want, notBefore: now });
      }
    }
  }

  #retry(want: Want, now: Nanos): void {
    const attempts = want.attempts + 1;
    if (attempts > this.#policy.retries) {
      const reason = `no luck in ${attempts} attempts`;
      this.#sink.abandoned(want.from, want.until, reason, now);
    } else this.#wanted.add({ ...want, attempts, notBefore: now + this.#backoff(attempts) });
  }

  #backoff(failures: number): Nanos {
    const { backoffMin, backoffMax, jitter } = this.#policy;
    const wait = Math.min(backoffMax, backoffMin * 2 ** (failures - 1));
    if (jitter === 0 || this.#rng === undefined) return wait;
    return Math.round(wait * (1 + jitter * (2 * this.#rng.float() - 1)));
  }

  /** Ends a connection that has done its work: politely, where there is a word for it. */
  #leave(link: Link, now: Nanos): void {
    const word = link.dialogue.leave?.();
    if (word === undefined) return this.#close(link);
    this.#sink.send(link.id, word);
    this.#sink.finish(link.id);
    this.#linger(link, now);
  }

  #linger(link: Link, now: Nanos): void {
    link.state = "lingering";
    link.deadline = now + this.#policy.timeout;
    const all = [...this.#links.values()].filter(({ state }) => state === "lingering");
    if (all.length > this.#policy.inFlightMax) this.#close(all[0]!);
  }

  #close(link: Link): void {
    this.#links.delete(link.id);
    this.#sink.close(link.id);
  }

  #silentAt(link: Link): Nanos {
    const { serverSilence = NEVER } = this.#codec;
    return link.lastHeard + SILENCES_MAX * serverSilence;
  }

  #rearm(): void {
    let wake = NEVER;
    for (const link of this.#links.values()) {
      wake = Math.min(wake, link.deadline);
      if (link.state !== "open") continue;
      for (const { deadline } of link.requests.values()) wake = Math.min(wake, deadline);
      const { clientSilence = NEVER } = this.#codec;
      wake = Math.min(wake, link.lastSent + clientSilence, this.#silentAt(link));
    }
    const slots = this.#reached ? this.#policy.inFlightMax : 1;
    // With every slot taken, the end of an attempt is what wakes those that wait.
    if (this.#inFlight < slots) {
      const closedUntil = Math.max(this.#closedUntil, this.#quota?.freeAt ?? 0);
      for (const { notBefore } of this.#wanted) {
        wake = Math.min(wake, Math.max(notBefore, closedUntil));
        // It gets no earlier: while the server is away, there may be very many that wait.
        if (wake <= closedUntil) break;
      }
    }
    this.#wake = wake;
  }
}

function requestsOf({ waiting, requests }: Link): Request[] {
  return [...waiting, ...requests.values()];
}
