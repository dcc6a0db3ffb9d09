import type { Rng } from "../core/rng.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import { type Instants, instants } from "./schedule/instants.ts";
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

/** Instants that are computed in one go: one by one, each would wait for the one before it. */
const CHUNK = 64;

class PhasedSchedule implements Schedule {
  phase = 0;
  #phases: readonly Phase[];
  #starts: readonly Nanos[];
  /** Of all phases, made beforehand: a phase begins without a pause for thought. */
  #instants: readonly Instants[];
  /** The next instants of the phase: chunk[at, filled), counted from its start. */
  #chunk = new Float64Array(CHUNK);
  #at = 0;
  #filled = 0;
  #more = true;
  #start: Nanos = 0;
  #due: Nanos = 0;
  #burst = 1;
  /** Messages that are still to come at the instant `#due`. */
  #together = 0;
  /** Messages that the phase may still have. */
  #left = 0;

  constructor(phases: readonly Phase[], rng: Rng) {
    this.#phases = phases;
    this.#starts = windowsOf(phases).map(({ from }) => from);
    this.#instants = phases.map((phase) => instants(phase, rng.fork(`phase ${phase.name}`)));
    this.#begin();
  }

  next(): Nanos {
    while (this.phase < this.#phases.length) {
      if (this.#left > 0 && (this.#together > 0 || this.#at < this.#filled || this.#fill())) {
        if (this.#together === 0) {
          this.#due = this.#start + this.#chunk[this.#at++]!;
          this.#together = this.#burst;
        }
        this.#together--;
        this.#left--;
        return this.#due;
      }
      this.phase++;
      this.#begin();
    }
    return NEVER;
  }

  /** The phase begins, if there is one. */
  #begin(): void {
    const phase = this.#phases[this.phase];
    if (phase === undefined) return;
    this.#start = this.#starts[this.phase]!;
    this.#burst = phase.burst;
    this.#left = phase.messages;
    this.#together = 0;
    this.#at = 0;
    this.#filled = 0;
    this.#more = true;
  }

  /** Computes more instants of the phase; false when it has none. */
  #fill(): boolean {
    if (!this.#more) return false;
    this.#filled = this.#instants[this.phase]!(this.#chunk);
    this.#at = 0;
    this.#more = this.#filled === CHUNK;
    return this.#filled > 0;
  }
}
