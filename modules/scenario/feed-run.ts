/** One feed of a run: its recovery servers, publisher and handlers, and who watches them. */
import type { FeedEvent, ListenerEvent } from "../core/events.ts";
import type { Progress } from "../core/progress.ts";
import type { Run, RunEnd } from "../core/run.ts";
import { type Cancel, MILLISECOND, type Nanos } from "../core/time.ts";
import { StoreKeeper } from "../nodes/store-keeper.ts";
import type { SnapshotNode } from "../nodes/snapshot.ts";
import type { Departures } from "../nodes/publisher.ts";
import type { World } from "../worlds/world.ts";
import { feedSeed, type FeedScenario } from "./feed-scenario.ts";
import { HandlerRun } from "./handler-run.ts";
import { feedParts, openPublisher, openSnapshots } from "./open.ts";
import { inMemory, openStore } from "./keep.ts";
import { MemoryReader } from "../stores/memory-reader.ts";
import type { Recorder } from "./recorder.ts";
import type { Publishing } from "./publishing.ts";
import { createFlow, listeningWorld } from "./thread/flow.ts";
import { chooseThread } from "./thread/own-thread.ts";
import { listenPauses } from "./listen-pauses.ts";
import { RecoveryServers, type Servers } from "./recovery-servers.ts";
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

/** How long ahead a start is told to a publisher in another thread, to be there in time. */
const START_LEAD: Nanos = 5 * MILLISECOND;

/**
 * A feed that is open. Its publisher may have a thread of its own. A listener never has: every message
 * that it delivers is compared with the truth, at once and without a copy, so it stays with its judge.
 */
export interface FeedRun {
  readonly feed: FeedScenario;
  /** How long ahead of its time `start` is to be called. */
  readonly lead: Nanos;
  /** Publishes from now on. `failed` when a part of it cannot go on; the result undoes what waits. */
  start(startedNs: Nanos, failed: (reason: unknown) => void): Cancel[];
  /** Resolves when every handler is there; needed where one joins later. Called after `start`. */
  join(): Promise<unknown>;
  /** Resolves when for every handler everything has come or was given up. Called after `join`. */
  rest(): Promise<unknown>;
  /** Resolves when nothing more is published, and all that was is known. */
  halt(): Promise<void>;
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
  const kept = {
    store: recovery?.store ?? inMemory,
    retain: recovery && retainOf(recovery),
    snapshots: scenario.snapshot !== undefined,
  };
  const { own: thread, reason } = await chooseThread(world, given, { ...kept, ...options });
  if (thread !== undefined) await opened(Promise.resolve(thread));
  const keeper =
    thread === undefined
      ? new StoreKeeper(
          await openStore(kept.store, scenario.feed, {
            by: `scenario ${[name, given.name].filter((part) => part !== "").join(", ")}`,
            existing: "replace",
            retain: kept.retain,
          }),
          world.clock,
          parts.sessions,
        )
      : undefined;
  if (keeper !== undefined) await opened(Promise.resolve(keeper));
  const store = keeper ?? new MemoryReader(thread!.memory);
  let snapshots: SnapshotNode | undefined;
  if (keeper !== undefined) keeper.onAppended = (next) => snapshots?.onPublished(next);
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
  // In virtual time nobody is ever behind.
  const waits = thread !== undefined && world.clock.kind === "real";
  const flow = waits ? createFlow(lines.length) : undefined;
  const followed = scenario.handlers.map((one, i): Followed => {
    const own: Followed = {
      wait: one.listen.join,
      handler: new HandlerRun({
        // They take turns, so that to wait for the first is to wait for all.
        world: flow === undefined || i > 0 ? world : listeningWorld(world, flow, lines),
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
  const apart = recovery === undefined ? undefined : await thread?.openServers(seed, observe);
  if (apart !== undefined) await opened(Promise.resolve(apart));
  const servers: Servers =
    apart ??
    (await RecoveryServers.open(world, recovery, { parts, store, seed, observe, lines, opened }));
  if (scenario.snapshot !== undefined) {
    const { feed, snapshot } = scenario;
    snapshots = await opened(openSnapshots(world, { feed, snapshot }, parts, observe));
  }
  const watch = {
    observe,
    touched: (...hit: Parameters<Recorder["onTouched"]>) => {
      for (const recorder of recorders) recorder.onTouched(...hit);
    },
    met: onMet,
  };
  const publisher: Publishing = await opened<Publishing>(
    keeper === undefined
      ? thread!.open({
          seed,
          observePackets,
          flow,
          watch: {
            ...watch,
            left: (line, from, until) => {
              for (const recorder of recorders) recorder.leftOn(line).add(from, until);
            },
          },
        })
      : openPublisher(world, scenario, parts, keeper, seed, {
          ...watch,
          observePackets,
          left: (line, packet) => {
            for (const recorder of recorders) recorder.onLeft(line, packet);
          },
          departures: options.departures,
        }),
  );
  const roles = { publisher: thread, recovery: apart };
  const away = (["publisher", "recovery"] as const).filter((role) => roles[role]);
  const threads = reason === undefined ? undefined : { own: away, reason };
  for (const { handler, wait } of followed) if (wait === 0) await handler.join(publisher);
  const around = () => {
    const { faults } = servers;
    return { name, seed: runSeed, startedNs, publisher, entries, faults, met, threads };
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
    lead: thread === undefined ? 0 : START_LEAD,
    start: (now, failed) => {
      startedNs = now;
      keeper?.failed.catch(failed);
      publisher.failed?.catch(failed);
      publisher.start(now);
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
    halt: async () => {
      await publisher.halt?.();
      await servers.halt?.();
    },
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
  { first, next }: Publishing,
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
