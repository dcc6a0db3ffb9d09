import { clearImmediate, clearTimeout, setImmediate, setTimeout } from "node:timers";
import { type Cancel, type Clock, MICROSECOND, MILLISECOND, type Nanos } from "../core/time.ts";

/** What lies further ahead than this is left to a timer, which ends this long before it. */
const FAR: Nanos = 4 * MILLISECOND;
const TIMER_SLACK: Nanos = 2 * MILLISECOND;

/**
 * The thread sleeps until this long before an alarm and then asks the clock again and again. Measured: the
 * system wakes a thread 75 to 190 us late.
 */
const SPIN: Nanos = 200 * MICROSECOND;

/**
 * Alarms that follow each other so closely, so many of them in a row, are a feed at a rate at which packets
 * leave in trains in any case. Then the thread sleeps a little between them: to ask for the time all along
 * would take a whole core from those who have to keep up.
 */
const NEAR: Nanos = 5 * MICROSECOND;
const HURRY = 64;
const NAP: Nanos = 60 * MICROSECOND;

/** Turns of the event loop that others get after an alarm, before the thread stands still again. */
const TURNS = 8;

/** The longest delay that setTimeout knows; with more it would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** What a precise clock reads and waits with. */
export interface Waits {
  /** Nanoseconds since the clock's zero. */
  now(): Nanos;
  /** Stops the whole thread for about this long; it may be a little longer. */
  sleep(time: Nanos): void;
  /** After everything that waits for the event loop now. */
  soon(run: () => void): Cancel;
  /** After whole milliseconds. */
  later(run: () => void, ms: number): Cancel;
}

interface Alarm {
  readonly time: Nanos;
  readonly run: () => void;
}

/**
 * Real time for a thread that has nothing to do but to be punctual. It stands still before an alarm: first
 * asleep, then asking the time over and over. Between two alarms, and at least every few milliseconds, the
 * event loop gets its turns, so that sends can end and messages come.
 */
export class PreciseClock implements Clock {
  readonly kind = "real";
  readonly epochMs: number;
  readonly #waits: Waits;
  /** In the order in which they ring. */
  readonly #alarms: Alarm[] = [];
  #next: Cancel | undefined;
  /** Turns that the event loop had since an alarm rang. */
  #turns = 0;
  /** When alarms rang last, and how often in a row the next one was less than NEAR away. */
  #rangAt: Nanos = 0;
  #near = 0;
  #ringing = false;

  /** `epochMs` is when zero was, since 1970; so is `zeroMs`, as far as the performance clock knows. */
  constructor(epochMs: number, zeroMs: number, waits: Waits = liveWaits(zeroMs)) {
    this.epochMs = epochMs;
    this.#waits = waits;
  }

  now(): Nanos {
    return this.#waits.now();
  }

  at(time: Nanos, run: () => void): Cancel {
    if (time === Infinity) return () => {};
    const alarm = { time, run };
    const alarms = this.#alarms;
    let place = alarms.length;
    while (place > 0 && alarms[place - 1]!.time > time) place--;
    alarms.splice(place, 0, alarm);
    if (place === 0 && !this.#ringing) this.#arm();
    return () => {
      const found = alarms.indexOf(alarm);
      if (found < 0) return;
      alarms.splice(found, 1);
      if (found === 0 && !this.#ringing) this.#arm();
    };
  }

  #arm(): void {
    this.#next?.();
    this.#next = undefined;
    const [first] = this.#alarms;
    if (first === undefined) return;
    const left = first.time - this.now();
    if (left <= FAR) this.#next = this.#waits.soon(this.#onTurn);
    else {
      const ms = Math.min(Math.floor((left - TIMER_SLACK) / MILLISECOND), TIMER_MAX_MS);
      this.#next = this.#waits.later(this.#onTurn, ms);
    }
  }

  readonly #onTurn = (): void => {
    this.#next = undefined;
    this.#turns++;
    const [first] = this.#alarms;
    if (first === undefined) return;
    const { time } = first;
    const waits = this.#waits;
    if (this.#turns === 1 && this.#hurries(time)) waits.sleep(NAP);
    const left = time - waits.now();
    if (left > FAR || (left > 0 && this.#turns < TURNS)) return this.#arm();
    if (left > SPIN) waits.sleep(left - SPIN);
    while (waits.now() < time);
    this.#ring(waits.now());
    this.#arm();
  };

  /** Whether alarms come so fast that it is time for a nap before the next one, which is at `time`. */
  #hurries(time: Nanos): boolean {
    this.#near = time - this.#rangAt < NEAR ? this.#near + 1 : 0;
    return this.#near > HURRY && this.#waits.now() - time < NAP;
  }

  /** What is set while alarms ring waits for the next turn. */
  #ring(now: Nanos): void {
    const alarms = this.#alarms;
    let due = 0;
    while (due < alarms.length && alarms[due]!.time <= now) due++;
    this.#turns = 0;
    this.#rangAt = now;
    this.#ringing = true;
    try {
      if (due === 1) alarms.shift()!.run();
      else {
        const ringing = alarms.slice(0, due);
        for (const alarm of ringing) {
          // One of them may have cancelled another.
          const found = alarms.indexOf(alarm);
          if (found < 0) continue;
          alarms.splice(found, 1);
          alarm.run();
        }
      }
    } finally {
      this.#ringing = false;
    }
  }
}

/** The clocks and timers of this thread; `zeroMs` is the zero, as `performance` counts from 1970. */
export function liveWaits(zeroMs: number): Waits {
  // Threads have origins of their own, which agree to less than a microsecond.
  const origin = zeroMs - performance.timeOrigin;
  const never = new Int32Array(new SharedArrayBuffer(4));
  return {
    now: () => Math.round((performance.now() - origin) * MILLISECOND),
    sleep: (time) => void Atomics.wait(never, 0, 0, time / MILLISECOND),
    soon: (run) => {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
}
