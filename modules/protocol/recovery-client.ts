import type { ClientDialogue, RecoveryCodec } from "../codecs/recovery/recovery.ts";
import type { Machine } from "../core/machine.ts";
import type { Rng } from "../core/rng.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import { MILLISECOND, type Nanos, NEVER } from "../core/time.ts";
import { Quota } from "./quota.ts";
import { Backlog } from "./recovery-client/backlog.ts";
import { createLink, type Link } from "./recovery-client/link.ts";
import { Links } from "./recovery-client/links.ts";
import type { RecoveryPolicy } from "./recovery-client/policy.ts";
import { Reach } from "./recovery-client/reach.ts";
import { Request } from "./recovery-client/request.ts";
import type { RecoveryClientSink } from "./recovery-client/sink.ts";
import type { Want } from "./recovery-client/wants.ts";
import { Sessions } from "./sessions.ts";

export { RECOVERY_DEFAULTS, type RecoveryPolicy } from "./recovery-client/policy.ts";
export type { RecoveryClientSink, RecoveryStages } from "./recovery-client/sink.ts";

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
 *     open       -> lingering     `many`, by datagrams: it is another server's turn
 *     open       -> lingering     `follow`: we said that we leave; datagrams: no answer in time
 *     lingering  -> (closed)      after one more timeout, or when there are too many of these
 */
export class RecoveryClient implements Machine {
  #codec: RecoveryCodec;
  #policy: RecoveryPolicy;
  #sink: RecoveryClientSink;
  #sessions: Sessions;
  #quota: Quota | undefined;
  #backlog: Backlog;
  #links: Links;
  #reach: Reach;
  /** Requests that are waiting for a connection or for an answer. */
  #inFlight = 0;
  #nextId = 1;
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
    this.#quota = policy.quota === undefined ? undefined : new Quota(policy.quota);
    this.#backlog = new Backlog({ codec, policy, sessions, sink });
    this.#links = new Links(codec, policy, (id) => sink.close(id));
    this.#reach = new Reach(policy, servers, rng);
  }

  /** True when nothing is wanted and nothing is under way. */
  get idle(): boolean {
    return this.#backlog.empty && this.#inFlight === 0;
  }

  onGap(from: Seq, until: Seq, now: Nanos): void {
    this.#backlog.onGap(from, until, now);
    this.#dispatch(now);
  }

  /** Somebody else brought these. A request that is under way is not repeated for them. */
  onFilled(from: Seq, until: Seq, now: Nanos): void {
    this.#backlog.cut(from, until);
    this.#onOthers(now, (request) => {
      const low = Math.max(from, request.from);
      const high = Math.min(until, request.until);
      if (low >= high) return;
      request.filled.add(low, high);
      if (this.#codec.repairs === "group") this.#onRepair(request, now);
    });
  }

  /** The group of repairs says that nobody can have these any more. */
  onUnavailable(from: Seq, until: Seq, now: Nanos): void {
    const given: SeqRange[] = this.#backlog.cut(from, until);
    this.#onOthers(now, (request) => {
      const parts = request.drop(from, until);
      given.push(...parts);
      if (parts.length > 0) this.#onRepair(request, now);
    });
    for (const range of given) this.#sink.abandoned(range.from, range.until, "unavailable", now);
  }

  onConnected(id: number, now: Nanos): void {
    const link = this.#links.get(id);
    if (link?.state !== "connecting") return;
    // That a datagram can be sent says nothing of who is there.
    if (this.#codec.over === "stream") this.#reach.onReached();
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
    this.#reach.onReached();
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
    for (const link of this.#links.all()) {
      if (link.state === "connecting") {
        if (now < link.deadline) continue;
        this.#unreachable(link, `no connection within ${timeout / MILLISECOND}ms`, now);
      } else if (now >= link.deadline) this.#links.close(link);
      else if (link.state === "open") this.#keepAlive(link, now);
    }
    this.#dispatch(now);
  }

  /** Somebody else has something to say about what is under way. */
  #onOthers(now: Nanos, act: (request: Request) => void): void {
    for (const link of this.#links.all()) {
      for (const request of link.waiting) act(request);
      for (const request of link.requests.values()) act(request);
      this.#settle(link, undefined, now);
    }
    this.#dispatch(now);
  }

  /** Sees to it that both sides speak, and that what is asked is answered. */
  #keepAlive(link: Link, now: Nanos): void {
    if (now >= this.#links.silentAt(link)) {
      return this.#settle(link, "the server has gone silent", now);
    }
    for (const [number, request] of link.requests) {
      if (now >= request.deadline) this.#timeOut(link, number, request, now);
    }
    if (this.#links.get(link.id) === undefined || now < this.#links.heartbeatAt(link)) return;
    const bytes = link.dialogue.heartbeat?.();
    if (bytes !== undefined) this.#sink.send(link.id, bytes);
    link.lastSent = now;
  }

  #timeOut(link: Link, number: number, request: Request, now: Nanos): void {
    const within = `within ${this.#policy.timeout / MILLISECOND}ms`;
    const reason = request.accepted ? `no repair ${within}` : `no answer ${within}`;
    this.#reach.onSilent(link.server);
    const { connection, over } = this.#codec;
    // On a connection that has been silent ever since, others would wait in vain too.
    const dead = connection === "many" && link.lastHeard < request.connected + 1;
    if (over === "stream" && (connection !== "many" || dead)) {
      return this.#settle(link, reason, now);
    }
    link.requests.delete(number);
    this.#inFlight--;
    this.#links.remember(link, request);
    if (this.#links.hasDone(link, this.#reach.server)) this.#links.linger(link, now);
    this.#fail(request, reason, now);
  }

  #dispatch(now: Nanos): void {
    const slots = now < this.#reach.closedUntil ? 0 : this.#reach.slots;
    if (this.#codec.connection === "follow") this.#readOn(now);
    for (let at = 0; this.#inFlight < slots;) {
      at = this.#backlog.due(at, now);
      const want = this.#backlog.at(at);
      if (want === undefined || this.#quota?.take(now) === false) break;
      this.#start(want, now);
    }
    this.#rearm();
  }

  /** A stream that is being read brings what is wanted close behind too. */
  #readOn(now: Nanos): void {
    if (this.#backlog.empty) return;
    for (const link of this.#links.all()) {
      if (link.state !== "open") continue;
      for (const request of link.requests.values()) {
        for (let want; (want = this.#backlog.takeBehind(request)) !== undefined;) {
          this.#sink.asking(want.from, want.until, want.attempts + 1, now);
          this.#sink.requested(want.from, want.until, want.attempts + 1, now);
          request.extend(want);
        }
      }
    }
  }

  #start(first: Want, now: Nanos): void {
    const request = new Request(this.#backlog.take(first, now), now, this.#policy.timeout);
    this.#inFlight++;
    this.#sink.asking(request.from, request.until, request.attempts + 1, now);
    const open = this.#links.shared(this.#reach.server);
    if (open === undefined) this.#connect(request);
    else if (open.state === "connecting") open.waiting.push(request);
    else {
      this.#ask(open, request, now);
      this.#settle(open, undefined, now);
    }
  }

  #connect(request: Request): void {
    const id = this.#nextId++;
    const link = createLink(id, this.#reach.server, this.#converse(id), request.deadline);
    link.waiting.push(request);
    this.#links.add(link);
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
      const wanted = request.take(seq);
      if (wanted || seq >= request.next) this.#onProgress(request, this.#now);
      if (seq >= request.next) request.next = seq + 1;
      if (wanted) this.#sink.recovered(seq, bytes, start, end, this.#now);
      return;
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
    if (this.#backlog.cut(seq, seq + 1).length > 0) return true;
    const link = this.#links.takeLate(seq);
    if (link !== undefined) this.#settle(link, undefined, this.#now);
    return link !== undefined;
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
    if (this.#links.get(link.id) === undefined || link.state === "connecting") return;
    if (link.state === "lingering") {
      if (reason !== undefined) this.#links.close(link);
      return;
    }
    const over: Request[] = [];
    for (const [number, request] of link.requests) {
      const ended = reason !== undefined || request.ending !== undefined;
      if (!ended && !this.#isWhole(request)) continue;
      over.push(request);
      link.requests.delete(number);
      this.#inFlight--;
      if (this.#codec.over === "datagram") this.#links.remember(link, request);
    }
    if (reason !== undefined) this.#links.close(link);
    else if (this.#links.hasDone(link, this.#reach.server)) this.#leave(link, now);
    for (const request of over) this.#conclude(request, reason, now);
  }

  #isWhole(request: Request): boolean {
    const { connection, repairs, over } = this.#codec;
    // Its answer is all that a connection is for, or one datagram: it is short, and taken.
    const short = connection === "one" || over === "datagram";
    return request.isWhole(short && repairs === "answer" ? "answer" : "anybody");
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
        this.#backlog.again({ from, until, since, attempts, notBefore: now });
      }
    } else {
      const refused = ending?.kind === "refused" ? ending.reason : undefined;
      this.#fail(request, failure ?? refused ?? "the server sent nothing of it", now);
    }
  }

  #fail(request: Request, reason: string, now: Nanos): void {
    for (const range of request.missing) {
      this.#sink.failed(range.from, range.until, reason, now);
      this.#retry(request.wantOf(range, now), now);
    }
  }

  #retry(want: Want, now: Nanos): void {
    this.#backlog.retry(want, (failures) => this.#reach.backoff(failures), now);
  }

  #unreachable(link: Link, reason: string, now: Nanos): void {
    this.#links.close(link);
    const requests = [...link.waiting, ...link.requests.values()];
    this.#inFlight -= requests.length;
    // With others to be asked, it is no failure before all of them were.
    const round = this.#reach.onRefused(link.server, now);
    this.#sink.unreachable(reason, now);
    for (const request of requests) {
      for (const range of request.missing) {
        const want = request.wantOf(range, now);
        if (round) this.#retry(want, now);
        else this.#backlog.again(want);
      }
    }
  }

  /** Ends a connection that has done its work: politely, where there is a word for it. */
  #leave(link: Link, now: Nanos): void {
    const word = link.dialogue.leave?.();
    if (word !== undefined) {
      this.#sink.send(link.id, word);
      this.#sink.finish(link.id);
    }
    // What was asked by datagram may be answered once more.
    if (word !== undefined || this.#codec.connection === "many") this.#links.linger(link, now);
    else this.#links.close(link);
  }

  #rearm(): void {
    this.#wake = this.#links.deadline();
    // With every slot taken, the end of an attempt is what wakes those that wait.
    if (this.#inFlight >= this.#reach.slots) return;
    const closedUntil = Math.max(this.#reach.closedUntil, this.#quota?.freeAt ?? 0);
    this.#wake = Math.min(this.#wake, this.#backlog.deadline(closedUntil));
  }
}
