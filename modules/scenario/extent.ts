import { feedSeed, type FeedScenario } from "./feed-scenario.ts";
import { feedParts } from "./open.ts";

/** Where chance says when messages come, any seed tells about how many there will be. */
const SEED = "";

type Extended = Pick<FeedScenario, "name" | "feed" | "open">;

/** Whether feeds publish no more than `limit` messages together, as far as their schedules tell. */
export function publishesAtMost(feeds: readonly Extended[], limit: number): boolean {
  let left = limit;
  for (const feed of feeds) {
    left -= countUpTo(feed, left);
    if (left < 0) return false;
  }
  return true;
}

/** How many messages a feed publishes; one more than `limit` where they are more than that. */
function countUpTo(scenario: Extended, limit: number): number {
  const { feed } = scenario;
  const { messages, duration } = feed.end;
  const known = feed.messages ?? messages;
  if (known <= limit) return known;
  const schedule = feedParts(scenario, feedSeed(SEED, scenario.name)).createSchedule();
  for (let count = 0; count <= limit; count++) if (schedule.next() >= duration) return count;
  return limit + 1;
}
