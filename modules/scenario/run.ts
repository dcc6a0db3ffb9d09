import { deferred } from "../core/deferred.ts";
import type { FeedEvent, Observe } from "../core/events.ts";
import type { Progress } from "../core/progress.ts";
import type { Run, RunEnd } from "../core/run.ts";
import { type Cancel, MILLISECOND, type Nanos } from "../core/time.ts";
import { isBeyond } from "../expectations/expectation.ts";
import type { ListenerNode } from "../nodes/listener.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import type { Publisher } from "../nodes/publisher.ts";
import type { World } from "../worlds/world.ts";
import { accountOf, type Joined, type Parties } from "./account.ts";
import type { Scenario } from "./load.ts";
import {
  createStore,
  feedParts,
  type FeedParts,
  openListener,
  openPublisher,
  openRecovery,
  truthOf,
} from "./open.ts";
import { listenPauses } from "./listen-pauses.ts";
import { type Due, Recorder } from "./recorder.ts";
import { stage, type StagedEntry } from "./stage.ts";

/** How a run is watched and stopped. */
export interface RunOptions {
  readonly seed: string;
  readonly observe?: Observe;
  /** Also tell of every packet and every delivery. */
  readonly observePackets?: boolean;
  /** Called every PROGRESS_INTERVAL of the run's time. */
  readonly onProgress?: (progress: Progress) => void;
  /** Resolves when the run is to stop early. */
  readonly interrupted?: Promise<void>;
}

/** How often `onProgress` is called. */
export const PROGRESS_INTERVAL: Nanos = 100 * MILLISECOND;

/** After the last packet was handed over, how long the network may still take to bring it. */
const LAST_PACKET_WAIT: Nanos = 500 * MILLISECOND;

/** How often a run looks whether an expectation with `abort: true` can still hold. */
const ABORT_INTERVAL: Nanos = 50 * MILLISECOND;

/** Runs a scenario in a world: recovery server, listener and publisher, until all is at rest. */
export async function runScenario(
  given: Scenario,
  world: World,
  options: RunOptions,
): Promise<Run> {
  const { scenario, entries } = stage(given, options.seed);
  const { recovery, listen, timeout } = scenario;
  const { seed, observePackets = false, interrupted, onProgress } = options;
  const parts = feedParts(scenario, options.seed, world.clock.epochMs);
  const store = createStore(parts, recovery);
  let startedNs: Nanos = 0;
  const recorder = new Recorder({
    truth: truthOf(parts),
    next: () => store.next,
    recoveryCarriesPayload: parts.protocol.recovery.carriesPayload,
    codec: parts.protocol.packets,
    due: () => dueTimes(parts, () => startedNs),
  });
  const observe = (event: FeedEvent): void => {
    recorder.onEvent(event);
    options.observe?.(event);
  };
  const alarms: Cancel[] = [];
  const met = new Map<number, number>();
  const onMet = (entry: number): void => void met.set(entry, (met.get(entry) ?? 0) + 1);
  const opened: { close(): Promise<void> }[] = [];
  const open = async <T extends { close(): Promise<void> }>(node: Promise<T>): Promise<T> => {
    const ready = await node;
    opened.unshift(ready);
    return ready;
  };
  try {
    const server =
      recovery === undefined
        ? undefined
        : await open(openRecovery(world, recovery, parts, store, observe));
    const publisher = await open(
      openPublisher(world, scenario, parts, store, seed, {
        observe,
        observePackets,
        touched: (...hit) => recorder.onTouched(...hit),
        met: onMet,
        left: (line, packet) => recorder.onLeft(line, packet),
      }),
    );
    let listener: ListenerNode | undefined;
    const join = async (): Promise<Joined> => ({
      listener: (listener = await open(
        openListener(world, scenario, parts, {
          deliver: (seq, bytes, start, end, via) =>
            recorder.onDeliver(seq, bytes, start, end, via, world.clock.now()),
          observe,
          observePackets,
        }),
      )),
      // What left a moment ago may or may not still come.
      at: store.next,
      packetsBefore: publisher.lines.map(({ packets }) => packets),
    });
    const wait = listen.join;
    const early: Joined | undefined = wait === 0 ? await join() : undefined;
    startedNs = world.clock.now();
    publisher.start();
    alarms.push(...listenPauses(world, () => listener, entries, startedNs, onMet));
    const broken = new Promise<never>((_resolve, reject) => {
      if (server === undefined) return;
      alarms.push(...restarts(world, server, entries, startedNs, onMet, reject));
    });
    const timeOver = deferred();
    if (timeout !== undefined) {
      alarms.push(world.clock.at(startedNs + timeout, timeOver.resolve));
    }
    const joined: Joined =
      early ?? (await world.until(after(world, startedNs + wait).then(() => join())));
    if (onProgress !== undefined) {
      alarms.push(
        every(world, PROGRESS_INTERVAL, () =>
          onProgress(progressOf(world.clock.now() - startedNs, publisher, joined.listener)),
        ),
      );
    }
    const parties: Parties = {
      scenario,
      world,
      seed,
      startedNs,
      publisher,
      joined,
      recorder,
      entries,
      met,
    };
    const hopeless = deferred();
    const watched = scenario.expectations.filter(({ abort }) => abort);
    if (watched.length > 0) {
      const look = (): void => {
        const so = accountOf(parties, "going-on");
        if (watched.some((expectation) => isBeyond(expectation, so))) hopeless.resolve();
      };
      alarms.push(every(world, ABORT_INTERVAL, look));
    }
    const end: RunEnd = await world.until(
      Promise.race([
        rest(publisher, joined, world, recorder).then(() => "at-rest" as const),
        broken,
        hopeless.promise.then(() => "aborted" as const),
        timeOver.promise.then(() => "timed-out" as const),
        ...(interrupted === undefined ? [] : [interrupted.then(() => "interrupted" as const)]),
      ]),
    );
    if (end === "at-rest") recorder.finish();
    return accountOf(parties, end);
  } finally {
    for (const cancel of alarms) cancel();
    for (const node of opened) await world.until(node.close());
  }
}

/** Takes the recovery server away when the timeline says so; `failed` when it cannot come back. */
function restarts(
  { clock }: World,
  server: RecoveryNode,
  entries: readonly StagedEntry[],
  startedNs: Nanos,
  met: (entry: number) => void,
  failed: (reason: unknown) => void,
): Cancel[] {
  return entries.flatMap(({ effect, from, until }, entry) => {
    if (effect.kind !== "recovery-down") return [];
    return [
      clock.at(startedNs + from, () => {
        met(entry);
        server.suspend();
      }),
      clock.at(startedNs + until, () => void server.resume().catch(failed)),
    ];
  });
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

function progressOf(
  elapsedNs: Nanos,
  { first, next }: Publisher,
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
  publisher: Publisher,
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
  const cancel = world.clock.at(world.clock.now() + LAST_PACKET_WAIT, () => {
    waited = true;
    check();
  });
  listener.onProgress = check;
  check();
  await promise;
  cancel();
}
