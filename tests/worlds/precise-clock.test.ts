import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MICROSECOND, MILLISECOND, type Nanos, SECOND } from "../../modules/core/time.ts";
import { PreciseClock, type Waits } from "../../modules/worlds/precise-clock.ts";

/** A thread whose time passes when it is looked at, slept through or waited for. */
class FakeThread implements Waits {
  time: Nanos = 0;
  slept: Nanos = 0;
  turns = 0;
  /** How much longer than asked a sleep takes. */
  readonly oversleeps: Nanos;
  #soon: (() => void)[] = [];
  #later: { readonly at: Nanos; readonly run: () => void }[] = [];

  constructor(oversleeps: Nanos = 0) {
    this.oversleeps = oversleeps;
  }

  now(): Nanos {
    return (this.time += 50);
  }

  sleep(time: Nanos): void {
    this.slept += time;
    this.time += time + this.oversleeps;
  }

  soon(run: () => void): () => void {
    this.#soon.push(run);
    return () => {
      this.#soon = this.#soon.filter((other) => other !== run);
    };
  }

  later(run: () => void, ms: number): () => void {
    const timer = { at: this.time + ms * MILLISECOND, run };
    this.#later.push(timer);
    return () => {
      this.#later = this.#later.filter((other) => other !== timer);
    };
  }

  /** Lets the event loop go round until nothing waits. */
  run(): void {
    for (;;) {
      this.turns++;
      const [run] = this.#soon.splice(0, 1);
      if (run !== undefined) {
        run();
        continue;
      }
      const [timer] = this.#later.splice(0, 1);
      if (timer === undefined) return;
      this.time = Math.max(this.time, timer.at);
      timer.run();
    }
  }
}

/** When alarms at these times rang, in the order in which they did. */
function ring(thread: FakeThread, ...times: Nanos[]): [due: Nanos, at: Nanos][] {
  const clock = new PreciseClock(0, 0, thread);
  const rang: [Nanos, Nanos][] = [];
  for (const time of times) clock.at(time, () => rang.push([time, thread.time]));
  thread.run();
  return rang;
}

void test("an alarm rings at its time and never before, near or far", () => {
  const times = [10 * MICROSECOND, MILLISECOND, 3 * MILLISECOND, 50 * MILLISECOND, 2 * SECOND];
  const rang = ring(new FakeThread(), ...times);
  assertEquals(
    rang.map(([due]) => due),
    times,
  );
  for (const [due, at] of rang) assert(at >= due && at - due < MICROSECOND, `${at - due} late`);
});

void test("who oversleeps as systems do is punctual all the same", () => {
  const thread = new FakeThread(190 * MICROSECOND);
  const times = Array.from({ length: 100 }, (_, i) => i * MILLISECOND);
  for (const [due, at] of ring(thread, ...times)) assert(at - due < 10 * MICROSECOND);
  assert(thread.slept > 50 * MILLISECOND, "the thread was busy all the time");
});

void test("between alarms the event loop has its turns", () => {
  const thread = new FakeThread();
  ring(thread, ...Array.from({ length: 100 }, (_, i) => i * 100 * MICROSECOND));
  assert(thread.turns > 700, `${thread.turns}`);
});

void test("alarms ring in the order of their times, equal ones as they were set", () => {
  const thread = new FakeThread();
  const clock = new PreciseClock(0, 0, thread);
  const rang: string[] = [];
  const note = (what: string) => (): void => void rang.push(what);
  clock.at(200, note("b"));
  clock.at(100, note("a"));
  clock.at(200, note("c"));
  clock.at(-5, note("past"));
  clock.at(Infinity, note("never"));
  const cancel = clock.at(150, note("cancelled"));
  cancel();
  cancel();
  assertEquals(rang, [], "nothing rings inside at()");
  thread.run();
  assertEquals(rang, ["past", "a", "b", "c"]);
});

void test("what rings may set alarms, and cancel one that is due as well", () => {
  const thread = new FakeThread();
  const clock = new PreciseClock(0, 0, thread);
  const rang: string[] = [];
  let cancel = (): void => {};
  clock.at(100, () => {
    rang.push("first");
    cancel();
    clock.at(0, () => rang.push("set while ringing"));
  });
  cancel = clock.at(100, () => rang.push("cancelled"));
  thread.run();
  assertEquals(rang, ["first", "set while ringing"]);
});

void test("whoever cancels the only alarm leaves nothing behind", () => {
  const thread = new FakeThread();
  const clock = new PreciseClock(0, 0, thread);
  clock.at(SECOND, () => {})();
  clock.at(MICROSECOND, () => {})();
  thread.run();
  assert(thread.time < MILLISECOND);
});

/** A feed with a packet every so long, woken when the next one is due: how late its packets leave. */
function pace(thread: FakeThread, packets: number, period: Nanos): Nanos[] {
  const clock = new PreciseClock(0, 0, thread);
  const late: Nanos[] = [];
  const publish = (): void => {
    for (const now = thread.time; late.length < packets && late.length * period <= now;) {
      late.push(now - late.length * period);
    }
    if (late.length < packets) clock.at(late.length * period, publish);
  };
  clock.at(0, publish);
  thread.run();
  return late;
}

void test("packets that leave in trains in any case are slept for, so that others have the core", () => {
  const thread = new FakeThread(60 * MICROSECOND);
  const late = pace(thread, 10_000, 4 * MICROSECOND);
  assertEquals(late.length, 10_000);
  assert(thread.slept > (10_000 * 4 * MICROSECOND) / 4, `${thread.slept} ns of sleep`);
  assert(Math.max(...late) < 150 * MICROSECOND, `${Math.max(...late)} late`);
});

void test("for packets further apart nobody sleeps, however many come", () => {
  const thread = new FakeThread(60 * MICROSECOND);
  const late = pace(thread, 10_000, 10 * MICROSECOND);
  assertEquals(thread.slept, 0);
  assert(Math.max(...late) < MICROSECOND, `${Math.max(...late)} late`);
});
