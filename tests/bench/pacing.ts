/**
 * How late packets leave at a steady rate, with the precise clock and with timers: figures, not a test. The
 * clocks take turns, so that what else the machine does meets both.
 *
 *     bun tests/bench/pacing.ts [seconds for each figure, 1 unless told otherwise]
 *     deno run -A tests/bench/pacing.ts
 */
import process from "node:process";
import { Histogram } from "../../modules/core/histogram.ts";
import type { Machine } from "../../modules/core/machine.ts";
import {
  type Clock,
  MICROSECOND,
  MILLISECOND,
  type Nanos,
  SECOND,
} from "../../modules/core/time.ts";
import { Drive } from "../../modules/nodes/drive.ts";
import { LiveClock } from "../../modules/worlds/live-clock.ts";
import { PreciseClock } from "../../modules/worlds/precise-clock.ts";

const RATES = [1_000, 10_000, 100_000];
const ROUNDS = 3;

const seconds = Number(process.argv[2] ?? 1);

/** Wants to be woken at absolute times, and counts how late it was for each of them. */
class Metronome implements Machine {
  readonly lateness = new Histogram();
  #start: Nanos;
  #every: Nanos;
  #count: number;
  #next = 0;
  #done: () => void;

  constructor(start: Nanos, perSecond: number, count: number, done: () => void) {
    this.#start = start;
    this.#every = SECOND / perSecond;
    this.#count = count;
    this.#done = done;
  }

  deadline(): Nanos {
    return this.#next < this.#count ? this.#start + this.#next * this.#every : Infinity;
  }

  onDeadline(now: Nanos): void {
    while (this.deadline() <= now) {
      this.lateness.record(now - this.deadline());
      this.#next++;
    }
    if (this.#next === this.#count) this.#done();
  }
}

async function measure(clock: Clock, perSecond: number): Promise<Histogram> {
  let metronome: Metronome | undefined;
  await new Promise<void>((resolve) => {
    const start = clock.now() + 20 * MILLISECOND;
    metronome = new Metronome(start, perSecond, perSecond * seconds, resolve);
    new Drive(metronome, clock).arm();
  });
  return metronome!.lateness;
}

const clocks = {
  precise: () => new PreciseClock(Date.now(), performance.timeOrigin + performance.now()),
  timers: () => new LiveClock(),
};

const us = (time: Nanos): string => (time / MICROSECOND).toFixed(1).padStart(9);

console.log(`clock      packets/s   p50 us    p99 us    max us   (medians of ${ROUNDS} rounds)`);
for (const rate of RATES) {
  const found = new Map(Object.keys(clocks).map((name) => [name, [] as Histogram[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, create] of Object.entries(clocks)) {
      found.get(name)!.push(await measure(create(), rate));
    }
  }
  for (const [name, rounds] of found) {
    const median = (of: (lateness: Histogram) => Nanos): string =>
      us(rounds.map(of).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!);
    const [p50, p99, max] = [
      median((l) => l.percentile(0.5)),
      median((l) => l.percentile(0.99)),
      median((l) => l.max),
    ];
    console.log(`${name.padEnd(8)} ${String(rate).padStart(11)}${p50} ${p99} ${max}`);
  }
}
