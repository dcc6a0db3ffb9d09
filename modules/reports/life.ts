import type { Moment } from "../core/life.ts";
import { ofPart, type Run } from "../core/run.ts";
import type { Seq } from "../core/seq.ts";
import { MICROSECOND, type Nanos, SECOND } from "../core/time.ts";
import type { Paint } from "./paint.ts";

/** The life of one message, a moment a line. */
export function renderLife(
  seq: Seq,
  run: Pick<Run, "name" | "feed" | "handler" | "seed">,
  moments: readonly Moment[],
  paint: Paint,
): string {
  const times = moments.map(({ atNs }) => (atNs === undefined ? "" : formatTime(atNs)));
  const room = Math.max(...times.map(({ length }) => length), 0);
  const lines = moments.map(({ text, mood }, i) => {
    const time = times[i]!.padStart(room);
    return `  ${time}  ${mood === "plain" ? text : paint[mood](text)}`;
  });
  const of = `${ofPart(run, run.name)}, seed ${run.seed}`;
  return [`${paint.bold(`SEQ:${seq}`)} of ${of}`, ...lines].join("\n");
}

/** To the microsecond, so that moments that lie close to each other can be told apart. */
function formatTime(atNs: Nanos): string {
  return `${(Math.round(atNs / MICROSECOND) / (SECOND / MICROSECOND)).toFixed(6)}s`;
}
