/** One feed of a run: its recovery servers, publisher and handlers, and who watches them. */
import type { FeedEvent, ListenerEvent } from "../core/events.ts";
import type { Progress } from "../core/progress.ts";
import type { Run, RunEnd } from "../core/run.ts";
import type { Cancel, Nanos } from "../core/time.ts";
import { StoreKeeper } from "../nodes/store-keeper.ts";
import type { SnapshotNode } from "../nodes/snapshot.ts";
import type { Departures, Publisher } from "../nodes/publisher.ts";
import type { World } from "../worlds/world.ts";
import { feedSeed, type FeedScenario } from "./feed-scenario.ts";
import { HandlerRun } from "./handler-run.ts";
import { feedParts, openPublisher, openSnapshots } from "./open.ts";
import { inMemory, openStore } from "./keep.ts";
import { listenPauses } from "./listen-pauses.ts";
import { RecoveryServers } from "./recovery-servers.ts";
import { retainOf } from "./servers.ts";
import { stage } from "./stage.ts";

/** What a feed's part in a run is made with. */
export interface FeedRunOptions {
  /** What the scenario is called. */
  readonly name: string;
  /** What chance begins with for the whole scenario. */
  readonly seed: string;
  /** `handler` is empty for what is of the feed, and where its only handler has no name. */
  readonly observe: (event: FeedEvent, handler: string) => void;
  readonly observePackets: boolean;
  readonly departures?: Departures | undefined;
  /** Keeps what must be closed when the run is over. */
  readonly opened: <T extends { close(): Promise<void> }>(node: Promise<T>) => Promise<T>;
}

/** A feed that is open. */
export interface FeedRun {
  readonly feed: FeedScenario;
  /** Publishes from now on. `failed` when a part of it cannot go on; the result undoes what waits. */
  start(startedNs: Nanos, failed: (reason: unknown) => void): Cancel[];
  /** Resolves when every handler is there; needed where one joins later. Called after `start`. */
  join(): Promise<unknown>;
  /** Resolves when for every handler everything has come or was given up. Called after `join`. */
  rest(): Promise<unknown>;
  /** After `join`. */
  progress(): Progress;
  /** What is known of each handler so far, or at the end. After `join`. */
  account(end: RunEnd | "going-on"): Run[];
}

/** Opens the recovery servers, the publisher, and the handlers but for those that are to come later. */
export async function openFeed(
  world: World,
  given: FeedScenario,
  { name, seed: runSeed, observePackets, opened, ...options }: FeedRunOptions,
): Promise<FeedRun> {
  const seed = feedSeed(runSeed, given.name);
  const { scenario, entries } = stage(given, seed);
  const { recovery, lines } = scenario;
  const parts = feedParts(scenario, seed, world.clock.epochMs);
  const keeper = new StoreKeeper(
    await openStore(recovery?.store ?? inMemory, scenario.feed, {
      by: `scenario ${[name, given.name].filter((part) => part !== "").join(", ")}`,
      existing: "replace",
      retain: recovery && retainOf(recovery),
    }),
    world.clock,
    parts.sessions,
  );
  const store = await opened(Promise.resolve(keeper));
  let snapshots: SnapshotNode | undefined;
  keeper.onAppended = (next) => snapshots?.onPublished(next);
  let startedNs: Nanos = 0;
  const byDatagram = parts.protocol.recovery.over === "datagram";
  const alone = recovery?.others.length === 0;
  const heard = (event: ListenerEvent, { handler }: Followed): void => {
    handler.recorder.onEvent(event);
    if (event.event === "recovery-unreachable") {
      if (!alone || !byDatagram) servers.onUnreachable(event.reason, event.atNs);
    } else if (event.event === "requested" && alone && byDatagram) servers.onRequested(event.atNs);
    options.observe(event, handler.name);
  };
  const followed = scenario.handlers.map((one): Followed => {
    const own: Followed = {
      wait: one.listen.join,
      handler: new HandlerRun({
        world,
        scenario,
        handler: one,
        parts,
        next: () => store.next,
        startedNs: () => startedNs,
        observe: (event) => heard(event, own),
        observePackets,
        opened,
      }),
    };
    return own;
  });
  const recorders = followed.map(({ handler }) => handler.recorder);
  // What is done to the feed is done to all who follow it.
  const observe = (event: FeedEvent): void => {
    for (const recorder of recorders) recorder.onEvent(event);
    options.observe(event, "");
  };
  const met = new Map<number, number>();
  const onMet = (entry: number): void => count(met, entry);
  const servers = await RecoveryServers.open(world, recovery, {
    parts,
    store,
    seed,
    observe,
    lines,
    opened,
  });
  if (scenario.snapshot !== undefined) {
    const { feed, snapshot } = scenario;
    snapshots = await opened(openSnapshots(world, { feed, snapshot }, parts, observe));
  }
  const publisher = await opened(
    openPublisher(world, scenario, parts, store, seed, {
      observe,
      observePackets,
      touched: (...hit) => {
        for (const recorder of recorders) recorder.onTouched(...hit);
      },
      met: onMet,
      left: (line, packet) => {
        for (const recorder of recorders) recorder.onLeft(line, packet);
      },
      departures: options.departures,
    }),
  );
  for (const { handler, wait } of followed) if (wait === 0) await handler.join(publisher);
  const around = () => {
    const { faults } = servers;
    return { name, seed: runSeed, startedNs, publisher, entries, faults, met };
  };
  const follow = async (own: Followed): Promise<void> => {
    const { handler, wait } = own;
    if (handler.listener === undefined) await after(world, startedNs + wait);
    if (handler.listener === undefined) await handler.join(publisher);
  };
  let joined: Promise<void>[] = [];
  let rested: Promise<void>[] = [];
  return {
    feed: given,
    start: (now, failed) => {
      startedNs = now;
      keeper.failed.catch(failed);
      publisher.start();
      if (scenario.feed.endOfSession !== undefined) {
        void publisher.done.then(() => servers.endOfSession());
      }
      servers.start(startedNs, entries, onMet, failed);
      joined = followed.map(follow);
      // Nobody waits for those who join later.
      rested = followed.map(({ handler }, i) => handler.rest(joined[i]!, around));
      // Who waits for them is told.
      for (const promise of [...joined, ...rested]) promise.catch(() => {});
      return followed.flatMap(({ handler }) =>
        listenPauses(
          world,
          () => handler.listener,
          entries,
          startedNs,
          (entry) => count(handler.met, entry),
        ),
      );
    },
    join: () => Promise.all(joined),
    rest: () => Promise.all(rested),
    progress: () =>
      progressOf(
        world.clock.now() - startedNs,
        publisher,
        followed.map(({ handler }) => handler.totals),
      ),
    account: (end) => followed.map(({ handler }) => handler.account(end, around())),
  };
}

/** A handler, and how long after the feed it comes. */
interface Followed {
  readonly handler: HandlerRun;
  readonly wait: Nanos;
}

function count(met: Map<number, number>, entry: number): void {
  met.set(entry, (met.get(entry) ?? 0) + 1);
}

/** What all handlers of a feed have come to together. */
function progressOf(
  elapsedNs: Nanos,
  { first, next }: Publisher,
  handlers: readonly HandlerRun["totals"][],
): Progress {
  const progress = { elapsedNs, published: next - first, gaps: 0, open: 0, filled: 0, lost: 0 };
  for (const { gaps, missing, filledByLine, filledByRecovery, lost } of handlers) {
    const filled = filledByLine + filledByRecovery;
    progress.gaps += gaps;
    progress.open += missing - filled - lost;
    progress.filled += filled;
    progress.lost += lost;
  }
  return progress;
}

function after(world: World, time: Nanos): Promise<void> {
  return new Promise((resolve) => void world.clock.at(time, resolve));
}
