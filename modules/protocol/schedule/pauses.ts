/** A schedule that stands still now and then: what follows is later by that, and nothing is left out. */
import { type Nanos, NEVER } from "../../core/time.ts";
import type { Schedule } from "../schedule.ts";

/** A time for which a schedule stands still. */
export interface Pause {
  /** Where, in the time of the schedule without any pause: what is due then is late already. */
  readonly at: Nanos;
  readonly for: Nanos;
}

/** When something happens that a schedule without `pauses` has at `time`. */
export function delayedBy(pauses: readonly Pause[], time: Nanos): Nanos {
  return pauses.reduce((sum, pause) => (pause.at <= time ? sum + pause.for : sum), time);
}

/**
 * `schedule` with pauses in the order of their times. `met` is called with the position of a pause as
 * the first message is drawn that it makes later, and when that is due.
 */
export function pausedSchedule(
  schedule: Schedule,
  pauses: readonly Pause[],
  met: (pause: number, dueNs: Nanos) => void = () => {},
): Schedule {
  let passed = 0;
  let late: Nanos = 0;
  return {
    get phase() {
      return schedule.phase;
    },
    next() {
      const due = schedule.next();
      if (due === NEVER) return NEVER;
      const before = passed;
      for (let pause = pauses[passed]; pause !== undefined && pause.at <= due;) {
        late += pause.for;
        pause = pauses[++passed];
      }
      for (let pause = before; pause < passed; pause++) met(pause, due + late);
      return due + late;
    },
  };
}
