import * as z from "zod";
import { positiveDuration } from "../../core/options.ts";
import type { Nanos } from "../../core/time.ts";
import { formatDuration } from "../../core/units.ts";
import type { TimelineAction } from "./action.ts";

/** How long the feed has nothing to say. */
export interface FeedPause {
  readonly for: Nanos;
}

/** The same messages, from there on later. */
export const feedPause: TimelineAction<FeedPause> = {
  name: "feed.pause",
  summary: "the schedule stands still: every message and phase that follows is later by that",
  example: '{ at: "msg 20000", do: feed.pause, for: 300ms }',
  options: z.strictObject({ for: positiveDuration() }),
  label: ({ for: length }) => `feed.pause ${formatDuration(length)}`,
  effect: ({ for: length }) => ({ kind: "pause", for: length }),
};
