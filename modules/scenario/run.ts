import { deferred } from "../core/deferred.ts";
import type { FeedEvent } from "../core/events.ts";
import type { Progress } from "../core/progress.ts";
import type { RunEnd, Runs } from "../core/run.ts";
import { type Cancel, MILLISECOND, type Nanos } from "../core/time.ts";
import type { Departures } from "../nodes/publisher.ts";
import type { World } from "../worlds/world.ts";
import { type FeedRun, openFeed } from "./feed-run.ts";
import { Hope } from "./hope.ts";
import type { Scenario } from "./load.ts";

/** How a run is watched and stopped. */
export interface RunOptions {
  readonly seed: string;
  /**
   * `feed` is empty where the scenario's only feed has no name, `handler` for what is not at one, and
   * where the feed's only handler has no name.
   */
  readonly observe?: (event: FeedEvent, feed: string, handler: string) => void;
  /** Also tell of every packet and every delivery. */
  readonly observePackets?: boolean;
  /** Called every PROGRESS_INTERVAL of the run's time, with what all feeds have come to. */
  readonly onProgress?: (progress: Progress) => void;
  /** Is shown every packet that leaves or is dropped. */
  readonly departures?: Departures | undefined;
  /** Resolves when the run is to stop early. */
  readonly interrupted?: Promise<void>;
}

/** How often `onProgress` is called. */
export const PROGRESS_INTERVAL: Nanos = 100 * MILLISECOND;

/** How often a run looks whether an expectation with `abort: true` can still hold. */
const ABORT_INTERVAL: Nanos = 50 * MILLISECOND;

/** Runs a scenario in a world: all of its feeds at the same time, until all are at rest. */
export async function runScenario(
  scenario: Scenario,
  world: World,
  { seed, observe, observePackets = false, departures, interrupted, onProgress }: RunOptions,
): Promise<Runs> {
  const { name, feeds: given, timeout, expectations } = scenario;
  const alarms: Cancel[] = [];
  const nodes: { close(): Promise<void> }[] = [];
  const opened = async <T extends { close(): Promise<void> }>(node: Promise<T>): Promise<T> => {
    const ready = await node;
    nodes.unshift(ready);
    return ready;
  };
  try {
    const feeds: FeedRun[] = [];
    for (const feed of given) {
      const told = (event: FeedEvent, handler: string): void =>
        observe?.(event, feed.name, handler);
      const options = { name, seed, observe: told, observePackets, departures, opened };
      feeds.push(await openFeed(world, feed, options));
    }
    const startedNs = world.clock.now() + Math.max(...feeds.map(({ lead }) => lead));
    const broken = new Promise<never>((_resolve, reject) => {
      for (const feed of feeds) alarms.push(...feed.start(startedNs, reject));
    });
    const timeOver = deferred();
    if (timeout !== undefined) {
      alarms.push(world.clock.at(startedNs + timeout, timeOver.resolve));
    }
    if (given.some(({ handlers }) => handlers.some(({ listen }) => listen.join > 0))) {
      await world.until(Promise.all(feeds.map((feed) => feed.join())));
    }
    if (onProgress !== undefined) {
      const tick = (): void => onProgress(sumOf(feeds.map((feed) => feed.progress())));
      alarms.push(every(world, PROGRESS_INTERVAL, tick));
    }
    const hopeless = deferred();
    const watched = expectations.filter(({ abort }) => abort);
    if (watched.length > 0) {
      const hope = new Hope(feeds, watched);
      const look = (): void => {
        if (hope.isLost(world.clock.now() - startedNs)) hopeless.resolve();
      };
      alarms.push(every(world, ABORT_INTERVAL, look));
    }
    const end: RunEnd = await world.until(
      Promise.race([
        Promise.all(feeds.map((feed) => feed.rest())).then(() => "at-rest" as const),
        broken,
        hopeless.promise.then(() => "aborted" as const),
        timeOver.promise.then(() => "timed-out" as const),
        ...(interrupted === undefined ? [] : [interrupted.then(() => "interrupted" as const)]),
      ]),
    );
    // In another thread it would go on while we count.
    if (feeds.some(({ lead }) => lead > 0)) await Promise.all(feeds.map((feed) => feed.halt()));
    const [first, ...others] = feeds.flatMap((feed) => feed.account(end));
    return [first!, ...others];
  } finally {
    for (const cancel of alarms) cancel();
    for (const node of nodes) await world.until(node.close());
  }
}

/** Calls `tick` again and again until it is cancelled. */
function every({ clock }: World, interval: Nanos, tick: () => void): Cancel {
  let cancel: Cancel = () => {};
  const arm = (): void => {
    cancel = clock.at(clock.now() + interval, () => {
      arm();
      tick();
    });
  };
  arm();
  return () => cancel();
}

/** How far several feeds have come together. */
function sumOf([first, ...others]: readonly Progress[]): Progress {
  return others.reduce(
    (sum, { published, gaps, open, filled, lost }) => ({
      elapsedNs: sum.elapsedNs,
      published: sum.published + published,
      gaps: sum.gaps + gaps,
      open: sum.open + open,
      filled: sum.filled + filled,
      lost: sum.lost + lost,
    }),
    first!,
  );
}
