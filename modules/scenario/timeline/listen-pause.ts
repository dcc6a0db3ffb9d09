import * as z from "zod";
import { positiveDuration } from "../../core/options.ts";
import type { Nanos } from "../../core/time.ts";
import { formatDuration } from "../../core/units.ts";
import type { TimelineAction } from "./action.ts";

/** How long the listener does not read. */
export interface ListenPause {
  readonly for: Nanos;
}

/** As when a garbage collector stops a program: what arrives waits, and is handled together. */
export const listenPause: TimelineAction<ListenPause> = {
  name: "listen.pause",
  summary:
    "the listener reads nothing for that time; what its receive buffer has no room for is lost",
  example: "{ at: 2s, do: listen.pause, for: 50ms }",
  options: z.strictObject({ for: positiveDuration() }),
  label: ({ for: length }) => `listen.pause ${formatDuration(length)}`,
  effect: ({ for: length }) => ({ kind: "listen-pause", for: length }),
};
