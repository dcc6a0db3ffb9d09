import type { Machine } from "../core/machine.ts";
import { type Nanos, NEVER } from "../core/time.ts";

/** What is told of lines that say nothing. */
export interface SilenceSink {
  /** Nothing came on the line since then, not even a heartbeat. */
  silent(line: number, sinceNs: Nanos, now: Nanos): void;
  /** Something comes again. */
  back(line: number, sinceNs: Nanos, now: Nanos): void;
}

interface LineState {
  heardAt: Nanos;
  silent: boolean;
}

/**
 * Notices lines that are dark. A feed with heartbeats always has something to say, so that silence
 * means that the line is broken, not that the market is quiet.
 *
 *     heard  -> silent    nothing came for `silence`
 *     silent -> heard     something came
 */
export class SilenceWatch implements Machine {
  #silence: Nanos;
  #sink: SilenceSink;
  #lines: LineState[];
  #stopped = false;

  /** `silence` is how long a line may say nothing; `start` is when listening began. */
  constructor(silence: Nanos, lines: number, start: Nanos, sink: SilenceSink) {
    this.#silence = silence;
    this.#sink = sink;
    this.#lines = Array.from({ length: lines }, () => ({ heardAt: start, silent: false }));
  }

  /** Any packet of a line, whatever is in it. */
  onPacket(line: number, now: Nanos): void {
    const state = this.#lines[line]!;
    if (state.silent) this.#sink.back(line, state.heardAt, now);
    state.silent = false;
    state.heardAt = now;
  }

  /** The session is over: silence is what is to be expected, until something comes again. */
  onEnd(): void {
    this.#stopped = true;
  }

  /** A session has begun. */
  onBegin(now: Nanos): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    for (const state of this.#lines) state.heardAt = now;
  }

  deadline(): Nanos {
    if (this.#stopped) return NEVER;
    let first = NEVER;
    for (const { heardAt, silent } of this.#lines) if (!silent) first = Math.min(first, heardAt);
    return first + this.#silence;
  }

  onDeadline(now: Nanos): void {
    if (this.#stopped) return;
    for (const [line, state] of this.#lines.entries()) {
      if (state.silent || now < state.heardAt + this.#silence) continue;
      state.silent = true;
      this.#sink.silent(line, state.heardAt, now);
    }
  }
}
