import type { Rng } from "../core/rng.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import { instants } from "./schedule/instants.ts";
import { type Phase, windowsOf } from "./schedule/phase.ts";

/** When the messages of a feed are due, counted from the feed's start. */
export interface Schedule {
  /** Of the next message; never before the one before it. NEVER: there is none. */
  next(): Nanos;
  /** The position of the phase that the message belongs to that `next` told of last. */
  readonly phase: number;
}

/**
 * The schedule of phases that follow each other. What falls on a boundary belongs to the later
 * phase. Each phase draws from a stream of its own: changing one moves no arrival in another.
 */
export function createSchedule(phases: readonly Phase[], rng: Rng): Schedule {
  return new PhasedSchedule(phases, rng);
}

class PhasedSchedule implements Schedule {
  phase = 0;
  #phases: readonly Phase[];
  #starts: readonly Nanos[];
  /** Of all phases, made beforehand: a phase begins without a pause for thought. */
  #instants: readonly (() => Nanos)[];
  #due: Nanos = 0;
  /** Messages that are still to come at the instant `#due`. */
  #together = 0;
  /** Messages that the phase may still have. */
  #left: number;

  constructor(phases: readonly Phase[], rng: Rng) {
    this.#phases = phases;
    this.#starts = windowsOf(phases).map(({ from }) => from);
    this.#instants = phases.map((phase) => instants(phase, rng.fork(`phase ${phase.name}`)));
    this.#left = phases[0]?.messages ?? 0;
  }

  next(): Nanos {
    if (this.#together > 0 && this.#left > 0) {
      this.#together--;
      this.#left--;
      return this.#due;
    }
    for (;;) {
      const phase = this.#phases[this.phase];
      if (phase === undefined) return NEVER;
      if (this.#together === 0 && this.#left > 0) {
        const at = this.#instants[this.phase]!();
        if (at === NEVER) this.#left = 0;
        else {
          this.#due = this.#starts[this.phase]! + at;
          this.#together = phase.burst;
        }
      }
      if (this.#left > 0) {
        this.#together--;
        this.#left--;
        return this.#due;
      }
      this.#together = 0;
      this.#left = this.#phases[++this.phase]?.messages ?? 0;
    }
  }
}
