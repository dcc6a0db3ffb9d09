import { type Nanos, NEVER } from "../../core/time.ts";
import type { SourceTiming } from "../../sources/source.ts";
import type { Schedule } from "../schedule.ts";

/** When the messages of a source came, `speed` times as fast. */
export function recordedSchedule(timing: SourceTiming, speed: number): Schedule {
  let index = 0;
  let latest: Nanos = 0;
  return {
    phase: 0,
    next() {
      const at = timing.at(index++);
      if (at === NEVER) return NEVER;
      latest = Math.max(latest, Math.round(at / speed));
      return latest;
    },
  };
}
