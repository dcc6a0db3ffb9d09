import type { SnapshotClientDialogue, SnapshotCodec } from "../codecs/snapshot/snapshot.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq } from "../core/seq.ts";
import { MILLISECOND, type Nanos, NEVER, SECOND } from "../core/time.ts";
import { plural } from "../core/units.ts";

/** How hard the client tries. */
export interface SnapshotPolicy {
  /** From the start of an attempt to the login's answer, and then from bytes to bytes. */
  readonly timeout: Nanos;
  /** Attempts after the first. */
  readonly retries: number;
  /** From the end of one attempt to the next: what is too old today is not so for long. */
  readonly wait: Nanos;
  /** Messages that a snapshot may have: they are held until it is whole. */
  readonly messagesMax: number;
}

/** What a client does unless told otherwise: some seconds of patience. */
export const SNAPSHOT_DEFAULTS: SnapshotPolicy = {
  timeout: 1 * SECOND,
  retries: 20,
  wait: 250 * MILLISECOND,
  messagesMax: 1_000_000,
};

/** A snapshot that will do. */
export interface LoadedSnapshot {
  /** As the server has it; empty where sessions have no names. */
  readonly session: string;
  /** It stands for what came before this number, as the wire counts, and for nothing else. */
  readonly next: Seq;
  /** Copies, in the order in which they came. */
  readonly messages: readonly Uint8Array[];
  /** When the first attempt began. */
  readonly since: Nanos;
  /** Which attempt brought it; the first is number 1. */
  readonly attempt: number;
}

/** What the client does and tells. An `id` names one connection. */
export interface SnapshotClientSink {
  connect(id: number): void;
  send(id: number, bytes: Uint8Array): void;
  /** The connection is of no more use. */
  close(id: number): void;
  /** An attempt begins. The first is number 1. */
  asking(session: string, attempt: number, now: Nanos): void;
  loaded(snapshot: LoadedSnapshot, now: Nanos): void;
  failed(reason: string, attempt: number, now: Nanos): void;
  /** No more attempts. */
  givenUp(reason: string, now: Nanos): void;
}

/** Why a snapshot will not do; undefined: it will. The number is the wire's. */
export type JudgeSnapshot = (session: string, next: Seq) => string | undefined;

/** One attempt. */
interface Attempt {
  readonly id: number;
  readonly dialogue: SnapshotClientDialogue;
  state: "connecting" | "loading";
  readonly messages: Uint8Array[];
  /** When it must have got on. */
  deadline: Nanos;
  lastSent: Nanos;
  /** How it ended, once the server has said. */
  ending:
    { readonly next: Seq; readonly session: string } | { readonly reason: string } | undefined;
}

/**
 * Loads a snapshot, again and again until one will do.
 *
 *     idle       -> connecting   `start`: something was heard that the snapshot is to come before
 *     connecting -> loading      connected: the login is on its way
 *     loading    -> over         it is whole, and will do: `loaded`
 *     connecting -> waiting      unreachable, or not in time
 *     loading    -> waiting      refused, broken, silent, nonsense, too many messages, or too old
 *     waiting    -> connecting   the wait is over
 *     waiting    -> over         tried too often: `givenUp`
 *     any        -> connecting   `start` again: a session has begun, and what was loaded is of another
 */
export class SnapshotClient implements Machine {
  #codec: SnapshotCodec;
  #policy: SnapshotPolicy;
  #sink: SnapshotClientSink;
  #judge: JudgeSnapshot;
  #state: "idle" | "trying" | "waiting" | "over" = "idle";
  #attempt: Attempt | undefined;
  #session = "";
  #attempts = 0;
  #since: Nanos = 0;
  #retryAt: Nanos = NEVER;
  #nextId = 1;

  constructor(
    codec: SnapshotCodec,
    policy: SnapshotPolicy,
    sink: SnapshotClientSink,
    judge: JudgeSnapshot,
  ) {
    this.#codec = codec;
    this.#policy = policy;
    this.#sink = sink;
    this.#judge = judge;
  }

  /** True before `start`, and when it is loaded or given up. */
  get idle(): boolean {
    return this.#state === "idle" || this.#state === "over";
  }

  /** A snapshot of this session is wanted; of the latest if it has no name. */
  start(session: string, now: Nanos): void {
    this.#drop();
    this.#session = session;
    this.#attempts = 0;
    this.#since = now;
    this.#try(now);
  }

  onConnected(id: number, now: Nanos): void {
    const attempt = this.#of(id);
    if (attempt?.state !== "connecting") return;
    attempt.state = "loading";
    attempt.lastSent = now;
    this.#sink.send(id, attempt.dialogue.ask(this.#session));
  }

  onBytes(id: number, bytes: Uint8Array, now: Nanos): void {
    const attempt = this.#of(id);
    if (attempt === undefined) return;
    attempt.deadline = now + this.#policy.timeout;
    attempt.dialogue.push(bytes);
    this.#settle(attempt, now);
  }

  /** The server has finished sending. */
  onEnd(id: number, now: Nanos): void {
    const attempt = this.#of(id);
    if (attempt === undefined) return;
    attempt.dialogue.end();
    attempt.ending ??= { reason: "the server closed before the snapshot was whole" };
    this.#settle(attempt, now);
  }

  /** The connection is gone, or could not be made; `reason` is undefined when it ended well. */
  onClosed(id: number, reason: string | undefined, now: Nanos): void {
    const attempt = this.#of(id);
    if (attempt === undefined) return;
    if (reason === undefined) return this.onEnd(id, now);
    this.#fail(reason, now);
  }

  deadline(): Nanos {
    if (this.#state === "waiting") return this.#retryAt;
    const attempt = this.#attempt;
    if (attempt === undefined) return NEVER;
    const { deadline, lastSent, state } = attempt;
    const speakAt = state === "loading" ? lastSent + this.#codec.clientSilence : NEVER;
    return Math.min(deadline, speakAt);
  }

  onDeadline(now: Nanos): void {
    if (this.#state === "waiting" && now >= this.#retryAt) return this.#try(now);
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (now >= attempt.deadline) {
      const what = attempt.state === "connecting" ? "no connection" : "nothing more";
      this.#fail(`${what} within ${this.#policy.timeout / MILLISECOND}ms`, now);
    } else if (attempt.state === "loading" && now >= attempt.lastSent + this.#codec.clientSilence) {
      attempt.lastSent = now;
      this.#sink.send(attempt.id, attempt.dialogue.heartbeat());
    }
  }

  #of(id: number): Attempt | undefined {
    return this.#attempt?.id === id ? this.#attempt : undefined;
  }

  #try(now: Nanos): void {
    const id = this.#nextId++;
    const messages: Uint8Array[] = [];
    const { timeout, messagesMax } = this.#policy;
    const end = (ending: NonNullable<Attempt["ending"]>): void => {
      attempt.ending ??= ending;
    };
    const attempt: Attempt = {
      id,
      dialogue: this.#codec.client({
        message: (bytes, start, until) => {
          if (messages.length < messagesMax) messages.push(bytes.slice(start, until));
          else end({ reason: `a snapshot of more than ${plural(messagesMax, "message")}` });
        },
        complete: (session, next) => end({ session, next }),
        refused: (reason) => end({ reason }),
        fault: (_fault, text) => end({ reason: `the server answered "${text}"` }),
      }),
      state: "connecting",
      messages,
      deadline: now + timeout,
      lastSent: now,
      ending: undefined,
    };
    this.#state = "trying";
    this.#attempt = attempt;
    this.#attempts++;
    this.#sink.asking(this.#session, this.#attempts, now);
    this.#sink.connect(id);
  }

  /** Ends an attempt of which the server has said how it ends. */
  #settle({ ending, messages }: Attempt, now: Nanos): void {
    if (ending === undefined) return;
    if ("reason" in ending) return this.#fail(ending.reason, now);
    const { session, next } = ending;
    const wrong = this.#judge(session, next);
    if (wrong !== undefined) return this.#fail(wrong, now);
    this.#drop();
    this.#state = "over";
    const snapshot = { session, next, messages, since: this.#since, attempt: this.#attempts };
    this.#sink.loaded(snapshot, now);
  }

  #fail(reason: string, now: Nanos): void {
    this.#drop();
    this.#sink.failed(reason, this.#attempts, now);
    if (this.#attempts <= this.#policy.retries) {
      this.#state = "waiting";
      this.#retryAt = now + this.#policy.wait;
      return;
    }
    this.#state = "over";
    this.#sink.givenUp(`no luck in ${plural(this.#attempts, "attempt")}`, now);
  }

  #drop(): void {
    const id = this.#attempt?.id;
    this.#attempt = undefined;
    if (id !== undefined) this.#sink.close(id);
  }
}
