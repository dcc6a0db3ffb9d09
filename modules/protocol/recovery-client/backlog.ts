import type { RecoveryCodec } from "../../codecs/recovery/recovery.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import { type Nanos, NEVER } from "../../core/time.ts";
import type { Sessions } from "../sessions.ts";
import type { RecoveryPolicy } from "./policy.ts";
import type { Request } from "./request.ts";
import type { RecoveryClientSink } from "./sink.ts";
import { type Want, Wants } from "./wants.ts";

/** Numbers that a stream may bring for nothing before it comes to the next gap. */
const READ_ON_MAX = 1000;

/** What a backlog needs to know, and whom it tells. */
export interface BacklogParts {
  readonly codec: RecoveryCodec;
  readonly policy: RecoveryPolicy;
  readonly sessions: Sessions;
  readonly sink: Pick<RecoveryClientSink, "abandoned">;
}

/** What nobody is asked for yet: what goes together, what comes next, and what is given up. */
export class Backlog {
  #codec: RecoveryCodec;
  #policy: RecoveryPolicy;
  #sessions: Sessions;
  #sink: Pick<RecoveryClientSink, "abandoned">;
  #wants = new Wants();

  constructor({ codec, policy, sessions, sink }: BacklogParts) {
    this.#codec = codec;
    this.#policy = policy;
    this.#sessions = sessions;
    this.#sink = sink;
  }

  get empty(): boolean {
    return this.#wants.length === 0;
  }

  at(index: number): Want | undefined {
    return this.#wants.at(index);
  }

  onGap(from: Seq, until: Seq, now: Nanos): void {
    const notBefore = now + this.#policy.mergeWindow;
    this.#wants.add({ from, until, since: now, attempts: 0, notBefore });
  }

  /** Takes what there is of [from, until) out, and returns it. */
  cut(from: Seq, until: Seq): Want[] {
    return this.#wants.cut(from, until);
  }

  /** It is wanted again, and that does not count as a failure. */
  again(want: Want): void {
    this.#wants.add(want);
  }

  /** It is wanted again after a failure, `wait` later, unless there were too many of them. */
  retry(want: Want, wait: (failures: number) => Nanos, now: Nanos): void {
    const attempts = want.attempts + 1;
    if (attempts > this.#policy.retries) {
      const reason = `no luck in ${attempts} attempts`;
      this.#sink.abandoned(want.from, want.until, reason, now);
    } else this.#wants.add({ ...want, attempts, notBefore: now + wait(attempts) });
  }

  /**
   * The position of the next one, from `at` on, that may be asked for now; what is hopeless before it
   * is given up.
   */
  due(at: number, now: Nanos): number {
    for (let want = this.at(at); want !== undefined; want = this.at(at)) {
      if (now - want.since >= this.#policy.giveUp) {
        this.#giveUp(want, "tried for too long", now);
      } else if (this.#isOver(want.from)) {
        const { from, until } = this.#sessions.asked(want.from, want.until);
        const part = { from: want.from, until: want.from + (until - from) };
        this.#giveUp(part, "its session is over, and has no name to ask by", now);
      } else if (now < want.notBefore) at++;
      else break;
    }
    return at;
  }

  /** Takes out what one request asks for: a want, and those behind it that are near enough. */
  take(first: Want, now: Nanos): Want[] {
    const { requestMax, mergeAcross } = this.#policy;
    // A stream goes on as long as it is read.
    const most = this.#codec.connection === "follow" ? Infinity : requestMax;
    const max = Math.min(most, this.#codec.requestMax);
    const { from, until } = this.#sessions.asked(first.from, first.from + max);
    const end = first.from + (until - from);
    let last = first;
    // There may be very many, one beside the other: they are found first, and taken out at once.
    for (let at = this.#wants.indexOf(first) + 1; last.until < end; at++) {
      const next = this.#wants.at(at);
      if (next === undefined || next.from >= end || next.from - last.until > mergeAcross) break;
      if (next.attempts !== first.attempts) break;
      if (next.attempts > 0 && now < next.notBefore) break;
      last = next;
    }
    return this.#wants.cut(first.from, Math.min(last.until, end));
  }

  /** Takes out the next one that lies close behind what a stream is being read for. */
  takeBehind(request: Request): Want | undefined {
    for (let seq = request.next; ;) {
      const want = this.#wants.after(seq);
      if (want === undefined || want.from > request.until + READ_ON_MAX) return undefined;
      seq = want.until;
      if (want.from < request.next) continue;
      if (this.#sessions.of(want.from) !== this.#sessions.of(request.next)) return undefined;
      this.#wants.cut(want.from, want.until);
      return want;
    }
  }

  /** When the first of them may be asked for, while nobody is tried before `closedUntil`. */
  deadline(closedUntil: Nanos): Nanos {
    let wake = NEVER;
    for (let at = 0; at < this.#wants.length; at++) {
      wake = Math.min(wake, Math.max(this.#wants.at(at)!.notBefore, closedUntil));
      // It gets no earlier: while the server is away, there may be very many that wait.
      if (wake <= closedUntil) break;
    }
    return wake;
  }

  #giveUp({ from, until }: SeqRange, reason: string, now: Nanos): void {
    this.#wants.cut(from, until);
    this.#sink.abandoned(from, until, reason, now);
  }

  /** A session without a name cannot be asked for when another has begun: its numbers mean others now. */
  #isOver(seq: Seq): boolean {
    const session = this.#sessions.of(seq);
    return session?.name === "" && session !== this.#sessions.current;
  }
}
