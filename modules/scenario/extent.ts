import type { Scenario } from "./load.ts";
import { feedParts } from "./open.ts";

/** Where chance says when messages come, any seed tells about how many there will be. */
const SEED = "";

/** Whether a feed publishes no more than `limit` messages, as far as its schedule tells. */
export function publishesAtMost(scenario: Pick<Scenario, "feed" | "open">, limit: number): boolean {
  const { feed } = scenario;
  const { messages, duration } = feed.end;
  if ((feed.messages ?? messages) <= limit) return true;
  const schedule = feedParts(scenario, SEED).createSchedule();
  for (let count = 0; count <= limit; count++) if (schedule.next() >= duration) return true;
  return false;
}
