import type { Scenario } from "./load.ts";
import { feedParts } from "./open.ts";

/** Whether a feed publishes no more than `limit` messages, as far as its schedule tells. */
export function publishesAtMost(feed: Scenario["feed"], limit: number): boolean {
  const { messages, duration } = feed.end;
  if (messages <= limit) return true;
  const schedule = feedParts(feed).createSchedule();
  for (let count = 0; count <= limit; count++) if (schedule.next() >= duration) return true;
  return false;
}
