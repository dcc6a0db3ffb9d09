/** One feed of a run: its recovery server, publisher and listener, and who watches them. */
import { deferred } from "../core/deferred.ts";
import { invariant } from "../core/errors.ts";
import type { FeedEvent, Observe } from "../core/events.ts";
import type { Progress } from "../core/progress.ts";
import type { Run, RunEnd } from "../core/run.ts";
import { type Cancel, MILLISECOND, type Nanos } from "../core/time.ts";
import type { ListenerNode } from "../nodes/listener.ts";
import { StoreKeeper } from "../nodes/store-keeper.ts";
import type { SnapshotNode } from "../nodes/snapshot.ts";
import type { Departures } from "../nodes/publisher.ts";
import type { World } from "../worlds/world.ts";
import { accountOf, type Joined } from "./account.ts";
import { feedSeed, type FeedScenario } from "./feed-scenario.ts";
import {
  feedParts,
  type FeedParts,
  openListener,
  openPublisher,
  openSnapshots,
  truthOf,
} from "./open.ts";
import { inMemory, openStore } from "./keep.ts";
import { MemoryReader } from "../stores/memory-reader.ts";
import type { Publishing } from "./publishing.ts";
import { createFlow, listeningWorld } from "./thread/flow.ts";
import { chooseThread } from "./thread/own-thread.ts";
import { listenPauses } from "./listen-pauses.ts";
import { RecoveryServers, type Servers } from "./recovery-servers.ts";
import { retainOf } from "./servers.ts";
import { type Due, Recorder } from "./recorder.ts";
import { createState } from "./scenario.ts";
import { Renumber } from "./renumber.ts";
import { stage } from "./stage.ts";

/** After the last packet was handed over, how long the network may bring nothing and still bring it. */
const LAST_PACKET_WAIT: Nanos = 500 * MILLISECOND;

/** What a feed's part in a run is made with. */
export interface FeedRunOptions {
  /** What the scenario is called. */
  readonly name: string;
  /** What chance begins with for the whole scenario. */
  readonly seed: string;
  readonly observe: Observe;
  readonly observePackets: boolean;
  readonly departures?: Departures | undefined;
  /** Keeps what must be closed when the run is over. */
  readonly opened: <T extends { close(): Promise<void> }>(node: Promise<T>) => Promise<T>;
}

/** How long ahead a start is told to a publisher in another thread, to be there in time. */
const START_LEAD: Nanos = 5 * MILLISECOND;

/**
 * A feed that is open. Its publisher may have a thread of its own. The listener never has: every message
 * that it delivers is compared with the truth, at once and without a copy, so it stays with its judge.
 */
export interface FeedRun {
  readonly feed: FeedScenario;
  /** How long ahead of its time `start` is to be called. */
  readonly lead: Nanos;
  /** Publishes from now on. `failed` when a part of it cannot go on; the result undoes what waits. */
  start(startedNs: Nanos, failed: (reason: unknown) => void): Cancel[];
  /** Resolves when the listener is there; needed where it joins later. Called once, after `start`. */
  join(): Promise<void>;
  /** Resolves when everything has come or was given up. Called once, after `join`. */
  rest(): Promise<void>;
  /** Resolves when nothing more is published, and all that was is known. */
  halt(): Promise<void>;
  /** After `join`. */
  progress(): Progress;
  /** What is known so far, or at the end. After `join`. */
  account(end: RunEnd | "going-on"): Run;
}

/** Opens the recovery server, the publisher, and the listener unless that is to come later. */
export async function openFeed(
  world: World,
  given: FeedScenario,
  { name, seed: runSeed, observePackets, opened, ...options }: FeedRunOptions,
): Promise<FeedRun> {
  const seed = feedSeed(runSeed, given.name);
  const { scenario, entries } = stage(given, seed);
  const { recovery, listen } = scenario;
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
  let restedNs: Nanos | undefined;
  const recorder = new Recorder({
    truth: truthOf(parts),
    next: () => store.next,
    recoveryCarriesPayload: parts.protocol.recovery.carriesPayload,
    codec: parts.protocol.packets,
    due: () => dueTimes(parts, () => startedNs),
    createState: () => createState(scenario.feed),
  });
  const byDatagram = parts.protocol.recovery.over === "datagram";
  const alone = recovery?.others.length === 0;
  const observe = (event: FeedEvent): void => {
    recorder.onEvent(event);
    if (event.event === "recovery-unreachable") {
      if (!alone || !byDatagram) servers.onUnreachable(event.reason, event.atNs);
    } else if (event.event === "requested" && alone && byDatagram) servers.onRequested(event.atNs);
    options.observe(event);
  };
  const met = new Map<number, number>();
  const onMet = (entry: number): void => void met.set(entry, (met.get(entry) ?? 0) + 1);
  const { lines } = scenario;
  const around = { parts, store, seed, observe, lines, opened };
  const apart =
    recovery === undefined ? undefined : await thread?.openServers(seed, (event) => observe(event));
  if (apart !== undefined) await opened(Promise.resolve(apart));
  const servers: Servers = apart ?? (await RecoveryServers.open(world, recovery, around));
  if (scenario.snapshot !== undefined) {
    const { feed, snapshot } = scenario;
    snapshots = await opened(openSnapshots(world, { feed, snapshot }, parts, observe));
  }
  const watch = {
    observe,
    touched: (...hit: Parameters<Recorder["onTouched"]>) => recorder.onTouched(...hit),
    met: onMet,
  };
  // In virtual time nobody is ever behind.
  const waits = thread !== undefined && world.clock.kind === "real";
  const flow = waits ? createFlow(lines.length) : undefined;
  const listening = flow === undefined ? world : listeningWorld(world, flow, lines);
  const publisher: Publishing = await opened<Publishing>(
    keeper === undefined
      ? thread!.open({
          seed,
          observePackets,
          flow,
          watch: { ...watch, left: (line, from, until) => recorder.leftOn(line).add(from, until) },
        })
      : openPublisher(world, scenario, parts, keeper, seed, {
          ...watch,
          observePackets,
          left: (line, packet) => recorder.onLeft(line, packet),
          departures: options.departures,
        }),
  );
  let listener: ListenerNode | undefined;
  const numbers = new Renumber(() => listener?.sessions, parts.sessions);
  const join = async (): Promise<Joined> => ({
    listener: (listener = await opened(
      openListener(listening, scenario, parts, {
        deliver: (seq, bytes, start, end, via) =>
          recorder.onDeliver(numbers.seq(seq), bytes, start, end, via, world.clock.now()),
        observe: (event) => observe(numbers.event(event)),
        observePackets,
        loaded: (messages, from, until) =>
          recorder.onSnapshot(messages, numbers.seq(from), numbers.seq(until)),
      }),
    )),
    // What left a moment ago may or may not still come.
    at: store.next,
    packetsBefore: publisher.lines.map(({ packets }) => packets),
  });
  const wait = listen.join;
  let joined: Joined | undefined = wait === 0 ? await join() : undefined;
  const there = (): Joined => {
    invariant(joined !== undefined, "the listener is not there yet");
    return joined;
  };
  return {
    feed: given,
    lead: thread === undefined ? 0 : START_LEAD,
    start: (now, failed) => {
      startedNs = now;
      keeper?.failed.catch(failed);
      publisher.failed?.catch(failed);
      publisher.start(now);
      servers.start(startedNs, entries, onMet, failed);
      return listenPauses(world, () => listener, entries, startedNs, onMet);
    },
    join: async () => {
      joined ??= await after(world, startedNs + wait).then(join);
    },
    rest: async () => {
      await rest(publisher, there(), world, recorder);
      restedNs = world.clock.now();
    },
    halt: async () => {
      await publisher.halt?.();
      await servers.halt?.();
    },
    progress: () => progressOf(world.clock.now() - startedNs, publisher, there().listener),
    account: (end) => {
      // Who is at rest is not cut short when another feed is.
      const own = end === "going-on" || restedNs === undefined ? end : "at-rest";
      if (own === "at-rest") recorder.finish();
      const roles = { publisher: thread, recovery: apart };
      const away = (["publisher", "recovery"] as const).filter((role) => roles[role]);
      const threads = reason === undefined ? undefined : { own: away, reason };
      const about = { name, scenario, world, seed: runSeed, startedNs, restedNs, threads };
      const { faults } = servers;
      const parties = { ...about, faults, publisher, joined: there(), recorder, entries, met };
      return accountOf(parties, own);
    },
  };
}

/** When each message was due, for numbers in ascending order. */
function dueTimes(parts: FeedParts, startedNs: () => Nanos): Due {
  const schedule = parts.createSchedule();
  let { first: next } = parts;
  let dueNs = 0;
  return (seq) => {
    for (; next <= seq; next++) dueNs = schedule.next();
    return startedNs() + dueNs;
  };
}

function progressOf(
  elapsedNs: Nanos,
  { first, next }: Publishing,
  { totals }: ListenerNode,
): Progress {
  const { gaps, missing, filledByLine, filledByRecovery, lost } = totals;
  const filled = filledByLine + filledByRecovery;
  const open = missing - filled - lost;
  return { elapsedNs, published: next - first, gaps, open, filled, lost };
}

function after(world: World, time: Nanos): Promise<void> {
  return new Promise((resolve) => void world.clock.at(time, resolve));
}

/** Resolves when the feed has ended, what it sent has arrived, and no gap is open. */
async function rest(
  publisher: Publishing,
  { listener, packetsBefore }: Joined,
  world: World,
  recorder: Recorder,
): Promise<void> {
  await publisher.done;
  const damaged = recorder.damaging.size > 0;
  const { promise, resolve } = deferred();
  let waited = false;
  const check = (): void => {
    const arrived = publisher.lines.every((sent, i) => {
      const before = packetsBefore[i]!;
      // What was under way at the join, or is somebody else's, makes the count reached too early: the
      // last one tells, unless it is damaged.
      const last = listener.arrivals[i]!.last === sent.last || (damaged && before === 0);
      return listener.lines[i]!.packets >= sent.packets - before && last;
    });
    if ((arrived || waited) && listener.settled) resolve();
  };
  const received = (): number => listener.lines.reduce((sum, { packets }) => sum + packets, 0);
  let cancel: Cancel = () => {};
  // Who is behind with what has come is waited for: the sender may have been faster.
  const wait = (before: number): void => {
    cancel = world.clock.at(world.clock.now() + LAST_PACKET_WAIT, () => {
      const now = received();
      waited = now === before;
      if (!waited) wait(now);
      check();
    });
  };
  wait(received());
  listener.onProgress = check;
  check();
  await promise;
  cancel();
}
