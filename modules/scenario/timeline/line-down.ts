import * as z from "zod";
import { positiveDuration } from "../../core/options.ts";
import type { Nanos } from "../../core/time.ts";
import { blackout } from "../../impairments/blackout.ts";
import { noLine } from "../selectors.ts";
import type { TimelineAction } from "./action.ts";

/** Which line is dark, and how long. */
export interface LineDown {
  readonly line: string;
  readonly for: Nanos;
}

/** A blackout that begins where the timeline says. */
export const lineDown: TimelineAction<LineDown> = {
  name: "line.down",
  summary: "nothing that is due in that time leaves on the line, heartbeats included",
  example: "{ at: 5s, do: line.down, line: A, for: 2s }",
  options: z.strictObject({
    line: z
      .string()
      .min(1)
      .meta({ examples: ["A"] }),
    for: positiveDuration(),
  }),
  label: ({ line }) => `line.down ${line}`,
  effect: ({ line, for: length }) => ({
    kind: "rule",
    for: length,
    choice: (time) => ({ definition: blackout, options: { time }, rest: { line: [line] } }),
  }),
  wrong: ({ line }, { lines }) =>
    lines.includes(line) ? undefined : { key: "line", message: noLine(line, lines) },
};
