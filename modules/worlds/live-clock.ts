import { clearImmediate, setImmediate } from "node:timers";
import type { Cancel, Clock, Nanos } from "../core/time.ts";
import { MILLISECOND } from "../core/time.ts";

/** The longest delay that setTimeout knows; with more it would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Real time, from the moment the clock was made. An alarm is never early, often a little late. */
export class LiveClock implements Clock {
  readonly kind = "real";
  readonly epochMs: number;
  /** When zero was, as `performance` counts from 1970: what clocks of other threads begin with. */
  readonly zeroMs: number;
  readonly #origin: number;

  /** Zero is now, or that of another thread's clock. */
  constructor(epochMs = Date.now(), zeroMs?: number) {
    this.epochMs = epochMs;
    this.#origin = zeroMs === undefined ? performance.now() : zeroMs - performance.timeOrigin;
    this.zeroMs = performance.timeOrigin + this.#origin;
  }

  now(): Nanos {
    return Math.round((performance.now() - this.#origin) * MILLISECOND);
  }

  at(time: Nanos, run: () => void): Cancel {
    // Also NEVER: no timer, which would keep the program alive.
    if (time === Infinity) return () => {};
    if (time <= this.now()) {
      // A timer would take a millisecond, in which a feed that is behind falls further behind.
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    let timer: ReturnType<typeof setTimeout>;
    const arm = (left: Nanos): void => {
      const delayMs = Math.ceil(Math.max(left, 0) / MILLISECOND);
      timer = setTimeout(check, Math.min(delayMs, TIMER_MAX_MS));
    };
    const check = (): void => {
      const left = time - this.now();
      if (left > 0) arm(left);
      else run();
    };
    arm(time - this.now());
    return () => clearTimeout(timer);
  }
}
