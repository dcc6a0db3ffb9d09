import { RangeSet } from "../core/ranges.ts";
import type { LineRun, Run } from "../core/run.ts";
import { byPhase, type Metric, part, tally } from "./metric.ts";

/** What left and arrived on one line. */
export const lineMetrics: readonly Metric[] = [
  tally("lines.*.sent", "packets that left on the line", (run, line) => of(run, line)?.packetsSent),
  tally(
    "lines.*.received",
    "packets that arrived on the line",
    (run, line) => of(run, line)?.packetsReceived,
  ),
  byPhase(
    tally(
      "lines.*.lost",
      "messages that rules dropped in every copy",
      (run, line) => RangeSet.of(run.losses.filter((loss) => loss.line === line)).size,
    ),
  ),
  tally(
    "lines.*.late",
    "messages on the line that came after they were called missing",
    (run, line) => of(run, line)?.late,
  ),
  part("lines.*.first", "messages of which the line brought the first good copy", (run, line) => {
    const found = of(run, line);
    return found === undefined || run.next === run.first
      ? undefined
      : { value: found.first, of: run.next - run.first };
  }),
  tally(
    "lines.*.duplicate",
    "messages on the line that were known already",
    (run, line) => of(run, line)?.duplicates,
  ),
  tally(
    "lines.*.malformed",
    "packets on the line that could not be read",
    (run, line) => of(run, line)?.malformed,
  ),
];

function of(run: Run, line: string): LineRun | undefined {
  return run.lines.find(({ name }) => name === line);
}
