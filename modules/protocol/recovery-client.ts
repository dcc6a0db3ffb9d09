import type { ClientDialogue, RecoveryCodec } from "../codecs/recovery/recovery.ts";
import type { Machine } from "../core/machine.ts";
import { positionOf, RangeSet } from "../core/ranges.ts";
import type { Seq } from "../core/seq.ts";
import { MILLISECOND, type Nanos, NEVER, SECOND } from "../core/time.ts";

/** How hard the client tries. Every bound here ends in `abandoned`, never in silence. */
export interface RecoveryPolicy {
  /** Requests under way at once; one only, until the server has been reached. */
  readonly inFlightMax: number;
  /** From the start of an attempt to its answer. */
  readonly timeout: Nanos;
  /** Attempts after the first. */
  readonly retries: number;
  /** The wait before the first retry; it doubles up to `backoffMax`. */
  readonly backoffMin: Nanos;
  readonly backoffMax: Nanos;
  /** No attempt starts when a gap is older than this. */
  readonly giveUp: Nanos;
}

/** What a client does unless told otherwise: about a quarter of a minute of patience. */
export const RECOVERY_DEFAULTS: RecoveryPolicy = {
  inFlightMax: 4,
  timeout: 1 * SECOND,
  retries: 10,
  backoffMin: 100 * MILLISECOND,
  backoffMax: 2 * SECOND,
  giveUp: 15 * SECOND,
};

/** What the client does and tells. An `id` names one connection. */
export interface RecoveryClientSink {
  connect(id: number): void;
  /** Sends the request and says that nothing follows it. */
  send(id: number, request: Uint8Array): void;
  /** The connection is of no more use. */
  close(id: number): void;
  /** An attempt begins. The first is number 1. */
  asking(from: Seq, until: Seq, attempt: number, now: Nanos): void;
  requested(from: Seq, until: Seq, attempt: number, now: Nanos): void;
  /** The answer to what was asked, and to nothing else. The bytes are lent. */
  recovered(seq: Seq, bytes: Uint8Array, start: number, end: number, now: Nanos): void;
  unreachable(reason: string, now: Nanos): void;
  failed(from: Seq, until: Seq, reason: string, now: Nanos): void;
  /** Given up for good. */
  abandoned(from: Seq, until: Seq, reason: string, now: Nanos): void;
}

/** Numbers that nobody has asked for yet, or has to ask for again. */
interface Want {
  from: Seq;
  until: Seq;
  readonly since: Nanos;
  /** Attempts made so far. */
  readonly attempts: number;
  readonly notBefore: Nanos;
}

interface Attempt {
  readonly want: Want;
  /** The first number that was not answered. */
  next: Seq;
  state: "connecting" | "asked";
  readonly deadline: Nanos;
  readonly dialogue: ClientDialogue;
  /** What a line brought meanwhile: no failure to get it matters. */
  readonly filled: RangeSet;
  notFound: boolean;
  wrong: string | undefined;
}

/**
 * Asks a recovery server for what is missing, one request a connection.
 *
 *     wanted     -> connecting    a slot is free, and the wait after a failure is over
 *     connecting -> asked         connected; the request is on its way
 *     connecting -> wanted        unreachable: everybody waits, then one request tries alone
 *     asked      -> recovered     the right answer
 *     asked      -> wanted        no answer in time, a wrong one, or the connection broke
 *     asked      -> abandoned     the server says that it does not have it
 *     wanted     -> abandoned     tried too often, or for too long
 *     wanted     -> (gone)        a line brought it after all
 *     asked      -> (gone)        no answer, but a line brought it after all
 */
export class RecoveryClient implements Machine {
  #codec: RecoveryCodec;
  #policy: RecoveryPolicy;
  #sink: RecoveryClientSink;
  /** Sorted by number, disjoint. */
  #wanted: Want[] = [];
  #attempts = new Map<number, Attempt>();
  #nextId = 1;
  /** Connections that failed since one last succeeded. */
  #refusals = 0;
  #reached = false;
  #closedUntil: Nanos = 0;
  /** The deadline, as of the last dispatch. */
  #wake: Nanos = NEVER;

  constructor(codec: RecoveryCodec, policy: RecoveryPolicy, sink: RecoveryClientSink) {
    this.#codec = codec;
    this.#policy = policy;
    this.#sink = sink;
  }

  /** True when nothing is wanted and nothing is under way. */
  get idle(): boolean {
    return this.#wanted.length === 0 && this.#attempts.size === 0;
  }

  onGap(from: Seq, until: Seq, now: Nanos): void {
    this.#want({ from, until, since: now, attempts: 0, notBefore: now });
    this.#dispatch(now);
  }

  /** A line brought these after all. A request that is under way is left to end, but not repeated. */
  onFilled(from: Seq, until: Seq): void {
    const start = positionOf(this.#wanted, from);
    const kept: Want[] = [];
    let end = start;
    for (let want = this.#wanted[end]; want !== undefined && want.from < until;) {
      if (want.from < from) kept.push({ ...want, until: from });
      if (want.until > until) kept.push({ ...want, from: until });
      want = this.#wanted[++end];
    }
    this.#wanted.splice(start, end - start, ...kept);
    for (const { want, filled } of this.#attempts.values()) {
      filled.add(Math.max(from, want.from), Math.min(until, want.until));
    }
  }

  onConnected(id: number, now: Nanos): void {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return;
    this.#reached = true;
    this.#refusals = 0;
    attempt.state = "asked";
    const { from, until, attempts } = attempt.want;
    this.#sink.requested(from, until, attempts + 1, now);
    this.#sink.send(id, attempt.dialogue.ask(1, { session: "", from, until }));
    this.#dispatch(now);
  }

  onBytes(id: number, bytes: Uint8Array, now: Nanos): void {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return;
    this.#answerAt = now;
    attempt.dialogue.push(bytes);
    this.#settle(id, attempt, undefined, now);
  }

  /** The server has finished sending. */
  onEnd(id: number, now: Nanos): void {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return;
    this.#answerAt = now;
    attempt.dialogue.end();
    this.#settle(id, attempt, "the server closed without an answer", now);
  }

  /** The connection is gone, or could not be made; `reason` is undefined when it ended well. */
  onClosed(id: number, reason: string | undefined, now: Nanos): void {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined) return;
    if (attempt.state === "connecting") this.#unreachable(id, attempt, reason ?? "closed", now);
    else if (reason === undefined) this.onEnd(id, now);
    else this.#settle(id, attempt, reason, now);
  }

  deadline(): Nanos {
    return this.#wake;
  }

  onDeadline(now: Nanos): void {
    for (const [id, attempt] of this.#attempts) {
      if (now < attempt.deadline) continue;
      const { timeout } = this.#policy;
      if (attempt.state === "connecting") {
        this.#unreachable(id, attempt, `no connection within ${timeout / MILLISECOND}ms`, now);
      } else this.#settle(id, attempt, `no answer within ${timeout / MILLISECOND}ms`, now);
    }
    this.#dispatch(now);
  }

  /** The time of the call that is being answered; decoders know no time. */
  #answerAt: Nanos = 0;

  #dispatch(now: Nanos): void {
    const slots = this.#reached ? this.#policy.inFlightMax : 1;
    for (let at = 0; at < this.#wanted.length && now >= this.#closedUntil;) {
      if (this.#attempts.size >= slots) break;
      const want = this.#wanted[at]!;
      if (now - want.since >= this.#policy.giveUp) {
        this.#wanted.splice(at, 1);
        this.#abandon(want.from, want.until, "tried for too long", now);
      } else if (now < want.notBefore) at++;
      else this.#start(at, want, now);
    }
    this.#rearm();
  }

  #start(at: number, want: Want, now: Nanos): void {
    const until = Math.min(want.until, want.from + this.#codec.requestMax);
    if (until === want.until) this.#wanted.splice(at, 1);
    else this.#wanted[at] = { ...want, from: until };
    const id = this.#nextId++;
    const part = { ...want, until };
    const attempt: Attempt = {
      want: part,
      next: want.from,
      state: "connecting",
      deadline: now + this.#policy.timeout,
      dialogue: this.#codec.client({
        message: (_session, seq, bytes, start, end) =>
          this.#onMessage(attempt, seq, bytes, start, end),
        accepted: () => {},
        refused: () => {
          attempt.notFound = true;
        },
        answered: () => {},
        reply: (bytes) => this.#sink.send(id, bytes),
        fault: (_fault, text) => {
          attempt.wrong ??= `the server answered "${text}"`;
        },
      }),
      filled: new RangeSet(),
      notFound: false,
      wrong: undefined,
    };
    this.#attempts.set(id, attempt);
    this.#sink.asking(part.from, part.until, part.attempts + 1, now);
    this.#sink.connect(id);
  }

  #onMessage(attempt: Attempt, seq: Seq, bytes: Uint8Array, start: number, end: number): void {
    if (attempt.wrong !== undefined) return;
    if (seq !== attempt.next || seq >= attempt.want.until) {
      attempt.wrong = `the server answered with SEQ:${seq}`;
      return;
    }
    attempt.next = seq + 1;
    this.#sink.recovered(seq, bytes, start, end, this.#answerAt);
  }

  /** Ends the attempt if its answer is whole or wrong, or if `failure` says that none will come. */
  #settle(id: number, attempt: Attempt, failure: string | undefined, now: Nanos): void {
    const { want, next } = attempt;
    const reason = attempt.wrong ?? failure;
    const whole = next === want.until || attempt.notFound;
    if (!whole && reason === undefined) return;
    this.#attempts.delete(id);
    this.#sink.close(id);
    for (const { from, until } of missingOf(attempt)) {
      if (attempt.notFound) this.#abandon(from, until, "not found", now);
      else {
        this.#sink.failed(from, until, reason!, now);
        this.#retry({ ...want, from, until }, now);
      }
    }
    this.#dispatch(now);
  }

  #unreachable(id: number, attempt: Attempt, reason: string, now: Nanos): void {
    this.#attempts.delete(id);
    this.#sink.close(id);
    this.#reached = false;
    this.#refusals++;
    this.#closedUntil = now + this.#backoff(this.#refusals);
    this.#sink.unreachable(reason, now);
    for (const range of missingOf(attempt)) this.#retry({ ...attempt.want, ...range }, now);
    this.#dispatch(now);
  }

  #retry(want: Want, now: Nanos): void {
    const attempts = want.attempts + 1;
    if (attempts > this.#policy.retries) {
      this.#abandon(want.from, want.until, `no luck in ${attempts} attempts`, now);
    } else this.#want({ ...want, attempts, notBefore: now + this.#backoff(attempts) });
  }

  #abandon(from: Seq, until: Seq, reason: string, now: Nanos): void {
    this.#sink.abandoned(from, until, reason, now);
  }

  #backoff(failures: number): Nanos {
    return Math.min(this.#policy.backoffMax, this.#policy.backoffMin * 2 ** (failures - 1));
  }

  #want(want: Want): void {
    let at = this.#wanted.length;
    while (at > 0 && this.#wanted[at - 1]!.from > want.from) at--;
    this.#wanted.splice(at, 0, want);
  }

  #rearm(): void {
    let wake = NEVER;
    for (const { deadline } of this.#attempts.values()) wake = Math.min(wake, deadline);
    const slots = this.#reached ? this.#policy.inFlightMax : 1;
    // With every slot taken, the end of an attempt is what wakes those that wait.
    if (this.#attempts.size < slots) {
      for (const { notBefore } of this.#wanted) {
        wake = Math.min(wake, Math.max(notBefore, this.#closedUntil));
        // It gets no earlier: while the server is away, there may be very many that wait.
        if (wake <= this.#closedUntil) break;
      }
    }
    this.#wake = wake;
  }
}

/** What an attempt was to bring, and neither the server nor a line has brought. */
function missingOf({ next, want, filled }: Attempt): RangeSet {
  const missing = RangeSet.of([{ from: next, until: want.until }]);
  for (const { from, until } of filled) missing.remove(from, until);
  return missing;
}
