/** A place on this machine's network where a run disturbs nobody, and nobody disturbs it. */
import { UserError } from "../core/errors.ts";
import type { Endpoint } from "../core/units.ts";
import type { FeedScenario } from "../scenario/feed-scenario.ts";
import type { Scenario } from "../scenario/load.ts";

/** Below where systems begin to hand out ports of their own accord. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;

/** A run is tried again when a port that chance picked is taken. */
const TRIES = 5;

/**
 * The same scenario where nobody else is: groups of 239.255/16, and ports, that chance picks. Each
 * line has a port of its own, since some systems bring to a port what was sent to any group on it.
 */
export function isolate(scenario: Scenario): Scenario {
  const [x = 0, y = 0, chance = 0] = crypto.getRandomValues(new Uint16Array(3));
  const places = scenario.feeds.reduce(
    (sum, { lines, recovery }) => sum + lines.length + 3 + (recovery?.others.length ?? 0),
    0,
  );
  const port = PORT_MIN + (chance % (PORT_MAX - PORT_MIN - places));
  let taken = 0;
  const group = (): Endpoint => {
    const place = taken++;
    return { host: `239.255.${x % 256}.${(y + place) % 256}`, port: port + place };
  };
  const isolated = (feed: FeedScenario): FeedScenario => {
    const lines = feed.lines.map((line) => ({ ...line, group: group() }));
    const server = (): Endpoint => ({ host: "127.0.0.1", port: port + taken++ });
    const snapshot = feed.snapshot && { ...feed.snapshot, listen: server() };
    if (feed.recovery === undefined) return { ...feed, lines, snapshot };
    const listen = server();
    const repairs = feed.recovery.repairs && group();
    const others = feed.recovery.others.map((other) => ({ ...other, listen: server() }));
    return { ...feed, lines, snapshot, recovery: { ...feed.recovery, listen, repairs, others } };
  };
  const [first, ...others] = scenario.feeds;
  return { ...scenario, feeds: [isolated(first), ...others.map(isolated)] };
}

/** Calls `run` with the scenario at a place of its own, and again elsewhere if that was taken. */
export async function runIsolated<T>(
  scenario: Scenario,
  run: (isolated: Scenario) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run(isolate(scenario));
    } catch (error) {
      const taken = error instanceof UserError && error.kind === "environment";
      if (!taken || tries === TRIES) throw error;
    }
  }
}
