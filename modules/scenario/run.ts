import { protocols } from "../codecs/mod.ts";
import type { FeedEvent, Observe } from "../core/events.ts";
import { RangeSet } from "../core/ranges.ts";
import { lookUp } from "../core/registry.ts";
import type { Run } from "../core/run.ts";
import { type Seq, SEQ_MAX, type SeqRange } from "../core/seq.ts";
import { MILLISECOND, type Nanos } from "../core/time.ts";
import { ListenerNode } from "../nodes/listener.ts";
import { Publisher } from "../nodes/publisher.ts";
import { RecoveryNode } from "../nodes/recovery.ts";
import { ARBITER_DEFAULTS } from "../protocol/arbiter.ts";
import { type Schedule, steady } from "../protocol/schedule.ts";
import { RECOVERY_DEFAULTS } from "../protocol/recovery-client.ts";
import { sources } from "../sources/mod.ts";
import { MemoryStore } from "../stores/memory.ts";
import { SourceStore } from "../stores/source.ts";
import type { World } from "../worlds/world.ts";
import type { Scenario } from "./load.ts";
import { Recorder } from "./recorder.ts";
import { createRules } from "./rules.ts";

/** How a run is watched and stopped. */
export interface RunOptions {
  readonly seed: string;
  readonly observe?: Observe;
  /** Also tell of every packet and every delivery. */
  readonly observePackets?: boolean;
  /** Resolves when the run is to stop early. */
  readonly interrupted?: Promise<void>;
}

/** After the last packet was handed over, how long the network may still take to bring it. */
const LAST_PACKET_WAIT: Nanos = 500 * MILLISECOND;

/** Runs a scenario in a world: recovery server, listener and publisher, until all is at rest. */
export async function runScenario(
  scenario: Scenario,
  world: World,
  options: RunOptions,
): Promise<Run> {
  const { feed, lines, listen, recovery } = scenario;
  const { seed, observePackets = false, interrupted } = options;
  const protocol = lookUp(protocols, feed.protocol, "protocol").create({});
  const source = lookUp(sources, feed.source, "source").create({});
  const first = feed.first ?? protocol.packets.firstSeq;
  const store = new MemoryStore(first, recovery?.retain);
  const due = dueTimes(steady(feed.perSecond), first);
  let startedNs: Nanos = 0;
  const recorder = new Recorder({
    truth: new SourceStore(source, { from: first, until: SEQ_MAX }),
    next: () => store.next,
    recoveryCarriesPayload: protocol.recovery.carriesPayload,
    scheduled: (seq) => startedNs + due(seq),
  });
  const observe = (event: FeedEvent): void => {
    recorder.onEvent(event);
    options.observe?.(event);
  };

  const opened: { close(): Promise<void> }[] = [];
  const open = async <T extends { close(): Promise<void> }>(node: Promise<T>): Promise<T> => {
    const ready = await node;
    opened.unshift(ready);
    return ready;
  };
  try {
    if (recovery !== undefined) {
      await open(
        RecoveryNode.open(world, {
          listen: recovery.listen,
          codec: protocol.recovery,
          store,
          observe,
        }),
      );
    }
    const start = listen?.start ?? "first";
    const listener = await open(
      ListenerNode.open(world, {
        lines: lines.map(({ name, ...address }) => ({ name, address })),
        protocol,
        arbiter: {
          ...ARBITER_DEFAULTS,
          start: start === "first" ? first : start,
          gapTimeout: listen?.gap_timeout ?? ARBITER_DEFAULTS.gapTimeout,
        },
        recovery:
          recovery === undefined
            ? undefined
            : { server: recovery.listen, policy: listen?.recover ?? RECOVERY_DEFAULTS },
        deliver: (...message) => recorder.onDeliver(...message),
        observe,
        observePackets,
      }),
    );
    const publisher = await open(
      Publisher.open(world, {
        lines: lines.map(({ name, ...address }) => ({
          name,
          address,
          rules: createRules(scenario.rules, seed, name),
        })),
        codec: protocol.packets,
        source,
        store,
        schedule: steady(feed.perSecond),
        end: feed.end,
        observe,
        observePackets,
      }),
    );
    startedNs = world.clock.now();
    publisher.start();
    const stopped = await world.until(
      Promise.race([
        rest(publisher, listener, world).then(() => false),
        ...(interrupted === undefined ? [] : [interrupted.then(() => true)]),
      ]),
    );
    const endedNs = world.clock.now();
    if (!stopped) recorder.finish();

    const dropped = RangeSet.of(recorder.losses);
    const unseen = new RangeSet();
    const begin = start === "now" ? (listener.next ?? store.next) : Math.max(first, 0);
    unseen.add(begin, store.next);
    for (const { from, until } of recorder.resolved) unseen.remove(from, until);
    const tail: SeqRange[] = [];
    const unexplained: SeqRange[] = [];
    for (const range of unseen) {
      const known = dropped.within(range.from, range.until);
      const others = RangeSet.of([range]);
      for (const { from, until } of known) others.remove(from, until);
      tail.push(...known);
      unexplained.push(...others);
    }
    const { totals } = listener;
    return {
      name: scenario.name,
      protocol: feed.protocol,
      seed,
      time: world.clock.kind,
      durationNs: endedNs - startedNs,
      interrupted: stopped,
      first,
      next: store.next,
      rateWanted: feed.perSecond,
      rateAchieved: publisher.rateAchieved,
      lateness: publisher.lateness,
      lines: publisher.lines.map((line, i) => ({
        name: line.name,
        packetsSent: line.packets,
        messagesSent: line.messages,
        packetsReceived: listener.lines[i]!.packets,
        malformed: listener.lines[i]!.malformed,
        duplicates: listener.lines[i]!.duplicates,
      })),
      rules: publisher.counts.flatMap((counts, i) =>
        counts.map((count) => ({ ...count, line: lines[i]!.name })),
      ),
      delivered: recorder.delivered,
      gaps: recorder.gaps,
      losses: recorder.losses,
      recovery: {
        requests: totals.requests,
        retries: totals.retries,
        filled: totals.filledByRecovery,
        lost: totals.lost,
      },
      broken: recorder.broken,
      tail: stopped ? [] : tail,
      unexplained: stopped ? [] : unexplained,
      journal: recorder.journal,
      journalOverflow: recorder.journalOverflow,
    };
  } finally {
    for (const node of opened) await world.until(node.close());
  }
}

/** When each message was due, for numbers that are asked for in ascending order. */
function dueTimes(schedule: Schedule, first: Seq): (seq: Seq) => Nanos {
  let next = first;
  let dueNs = 0;
  return (seq) => {
    for (; next <= seq; next++) dueNs = schedule.next();
    return dueNs;
  };
}

/** Resolves when the feed has ended, what it sent has arrived, and no gap is open. */
async function rest(publisher: Publisher, listener: ListenerNode, world: World): Promise<void> {
  await publisher.done;
  const { promise, resolve } = Promise.withResolvers<void>();
  let waited = false;
  const check = (): void => {
    const arrived = publisher.lines.every((line, i) => listener.lines[i]!.packets >= line.packets);
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
