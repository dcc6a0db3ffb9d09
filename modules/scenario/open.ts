/** From the parts of a scenario to nodes in a world. */
import type { Protocol } from "../codecs/codec.ts";
import { glimpse } from "../codecs/snapshot/glimpse.ts";
import { invariant } from "../core/errors.ts";
import type { ListenerEvent, Observe } from "../core/events.ts";
import { createRng, type Rng } from "../core/rng.ts";
import { type Seq, SEQ_MAX } from "../core/seq.ts";
import type { KeptSession, MessageReader, MessageStore } from "../core/store.ts";
import type { Nanos } from "../core/time.ts";
import { type Deliver, ListenerNode, type SnapshotUse } from "../nodes/listener.ts";
import { Publisher, type PublisherOptions } from "../nodes/publisher.ts";
import { SnapshotNode } from "../nodes/snapshot.ts";
import { RecoveryNode } from "../nodes/recovery.ts";
import { ARBITER_DEFAULTS } from "../protocol/arbiter.ts";
import type { FeedOptions } from "../protocol/feed.ts";
import { RECOVERY_LIMITS, type RecoveryLimits } from "../protocol/recovery-server.ts";
import { Sessions } from "../protocol/sessions.ts";
import type { Rule } from "../protocol/tap.ts";
import type { Faults } from "../protocol/recovery-server/faults.ts";
import type { Schedule } from "../protocol/schedule.ts";
import { pausedSchedule } from "../protocol/schedule/pauses.ts";
import { isMax } from "../protocol/schedule/phase.ts";
import type { Source } from "../sources/source.ts";
import { SourceStore } from "../stores/source.ts";
import type { LineAddress, World } from "../worlds/world.ts";
import { protocolOf, stampedPerSecond } from "./feed.ts";
import type { FeedScenario } from "./feed-scenario.ts";
import { scheduleOf } from "./recorded.ts";
import { createRules } from "./rules.ts";
import type { Listen } from "./listen.ts";
import { createState, recoveryCodecOf } from "./scenario.ts";
import { skewOf } from "./skew.ts";
import type { ServerKeys } from "./servers.ts";

/** What `feed:` says, with names turned into things. */
export interface FeedParts {
  readonly protocol: Protocol;
  readonly first: Seq;
  /** Those of the feed; they are entered as they begin. */
  readonly sessions: Sessions;
  /** Where the chance in the waits of recovery comes from. */
  readonly rng: Rng;
  /** A new one each time; two of the same feed give the same. */
  createSource(): Source;
  /** `met` is told which entry of the timeline makes messages later. */
  createSchedule(met?: (entry: number) => void): Schedule;
}

/**
 * Turns the choices of a feed into things. `epochMs` is when it begins, since 1970, UTC; `kept` are the
 * sessions that it had before, where it goes on.
 */
export function feedParts(
  {
    feed,
    open,
    recovery,
  }: Pick<FeedScenario, "feed" | "open"> & Partial<Pick<FeedScenario, "recovery">>,
  seed: string,
  epochMs = 0,
  kept: readonly KeptSession[] = [],
): FeedParts {
  const { packets } = protocolOf(feed, epochMs);
  const protocol = { packets, recovery: recoveryCodecOf(feed, recovery, epochMs) };
  const first = kept[0]?.from ?? feed.first ?? packets.firstSeq;
  const { definition, options } = feed.source;
  const perSecond = stampedPerSecond(feed);
  const sessions = new Sessions();
  for (const { name, from, first } of kept) sessions.begin(name, from, first);
  if (kept.length === 0) sessions.begin(feed.session, first, first);
  return {
    protocol,
    first,
    sessions,
    rng: createRng(seed).fork("recovery"),
    createSource: () => {
      const rng = createRng(seed).fork("source");
      return definition.create(options, { first, packets, rng, epochMs, perSecond, open });
    },
    createSchedule: (met) => {
      const { pauses, end } = feed;
      const schedule = scheduleOf(feed, seed);
      if (pauses.length === 0) return schedule;
      return pausedSchedule(schedule, pauses, (pause, dueNs) => {
        if (dueNs < end.duration) met?.(pauses[pause]!.entry);
      });
    },
  };
}

/** What is published, for whoever wants to compare: from the source, so that nothing is forgotten. */
export function truthOf(parts: FeedParts): MessageReader {
  return new SourceStore(parts.createSource(), { from: parts.first, until: SEQ_MAX });
}

/** How a publisher is watched. */
export interface PublisherWatch {
  readonly observe: Observe;
  readonly observePackets: boolean;
  readonly touched?: NonNullable<PublisherOptions["touched"]>;
  /** An entry of the timeline has come to bear: told again for each packet that it is about. */
  readonly met?: (entry: number) => void;
  readonly left?: PublisherOptions["left"];
  readonly departures?: PublisherOptions["departures"];
}

/** Opens the publisher of a scenario; it is not started yet. */
export function openPublisher(
  world: World,
  scenario: Pick<FeedScenario, "feed" | "lines" | "rules">,
  parts: FeedParts,
  store: MessageStore,
  seed: string,
  { met, ...watch }: PublisherWatch,
): Promise<Publisher> {
  return Publisher.open(world, {
    lines: scenario.lines.map(({ name, skew, ...address }) => ({
      name,
      address,
      skew: skewOf(skew, seed, name),
      rules: rulesOf(scenario, seed, name, met),
    })),
    ...feedOptions(scenario.feed, parts, store, met),
    atOnce: atOnceOf(scenario.feed),
    began: (change) => met?.(scenario.feed.changes[change]!.entry),
    ...watch,
  });
}

/** The phases that go as fast as they can; none in a feed that follows a recording. */
function atOnceOf({ phases, recording }: FeedScenario["feed"]): ReadonlySet<number> | undefined {
  if (recording !== undefined || !phases.some(isMax)) return undefined;
  return new Set(phases.flatMap((phase, i) => (isMax(phase) ? [i] : [])));
}

/** The rules of one line, new each time. */
export function rulesOf(
  { feed, rules }: Pick<FeedScenario, "feed" | "rules">,
  seed: string,
  line: string,
  met?: (entry: number) => void,
): Rule[] {
  return createRules(rules, seed, line, feed.windows, met);
}

/** What a feed is made of, but for its lines and its start. */
export function feedOptions(
  feed: FeedScenario["feed"],
  parts: FeedParts,
  store: MessageStore,
  met?: (entry: number) => void,
): Omit<FeedOptions, "lines" | "start"> {
  return {
    codec: parts.protocol.packets,
    source: parts.createSource(),
    store,
    sessions: parts.sessions,
    changes: feed.changes,
    schedule: parts.createSchedule(met),
    end: feed.end,
    batch: feed.batch,
    endsPacket: endsPacketOf(feed, parts.first),
    heartbeat: feed.heartbeat,
    endOfSession: feed.endOfSession,
  };
}

/** A recorded feed keeps its packets, unless the scenario says how many messages they have. */
function endsPacketOf(
  { batch, recording }: FeedScenario["feed"],
  first: Seq,
): FeedOptions["endsPacket"] {
  const ends = batch === 1 ? recording?.endsPacket?.() : undefined;
  return ends === undefined ? undefined : (seq) => ends(seq - first);
}

/** How a listener is watched. */
export interface ListenerWatch {
  readonly deliver: Deliver;
  readonly observe: Observe<ListenerEvent>;
  readonly observePackets: boolean;
  /** Is given the snapshot that delivery begins with. */
  readonly loaded?: SnapshotUse["loaded"] | undefined;
}

/** Joins the lines of a scenario. */
export function openListener(
  world: World,
  {
    feed,
    lines,
    listen,
    recovery,
    snapshot,
  }: Pick<FeedScenario, "lines" | "recovery"> &
    Partial<Pick<FeedScenario, "snapshot">> & {
      readonly listen: Listen;
      readonly feed?: Pick<FeedScenario["feed"], "heartbeat">;
    },
  parts: FeedParts,
  { loaded, ...watch }: ListenerWatch,
): Promise<ListenerNode> {
  const { start, silence, gap_timeout: gapTimeout, on_abandon: onAbandon, recover } = listen;
  return ListenerNode.open(world, {
    lines: lines.map(({ name, ...address }) => ({
      name,
      address: { ...address, receiveBuffer: listen.receive_buffer },
    })),
    protocol: parts.protocol,
    arbiter: {
      ...ARBITER_DEFAULTS,
      start: start === "first" ? parts.first : start === "snapshot" ? "later" : start,
      gapTimeout,
      onAbandon,
    },
    silence: silence ?? silenceOf(feed?.heartbeat),
    recovery:
      recovery === undefined
        ? undefined
        : {
            server: recovery.listen,
            others: recovery.others.map(({ listen }) => listen),
            policy: recover,
            repairs: repairsOf(recovery, lines),
            rng: parts.rng,
          },
    snapshot:
      snapshot === undefined || start !== "snapshot"
        ? undefined
        : {
            server: snapshot.listen,
            codec: glimpse,
            policy: listen.load,
            first: parts.first,
            ...(loaded && { loaded }),
          },
    ...watch,
  });
}

/** Heartbeats that may be lost in a row before a line counts as silent. */
const HEARTBEATS_MISSED = 3;

function silenceOf(heartbeat: Nanos | undefined): Nanos | undefined {
  return heartbeat === undefined ? undefined : HEARTBEATS_MISSED * heartbeat;
}

/** Where a server listens, and how much it answers. */
export type ServerPlace = Pick<ServerKeys, "listen" | "max_request" | "quota"> &
  Pick<NonNullable<FeedScenario["recovery"]>, "repairs"> & {
    /** Clients that may be connected at once, where that is not the usual number. */
    readonly connections?: number | undefined;
  };

/** Opens the recovery server of a scenario, answering from a store. Repairs go where `lines` are. */
export function openRecovery(
  world: World,
  recovery: ServerPlace,
  parts: FeedParts,
  store: MessageReader,
  observe: Observe,
  lines: readonly LineAddress[] = [],
  faults?: Faults,
  look?: () => void,
): Promise<RecoveryNode> {
  return RecoveryNode.open(world, {
    listen: recovery.listen,
    codec: parts.protocol.recovery,
    store,
    limits: limitsOf(recovery),
    sessions: parts.sessions,
    requestMax: recovery.max_request,
    quota: recovery.quota,
    faults,
    repairs: repairsOf(recovery, lines),
    look,
    observe,
  });
}

/** Opens the snapshot server of a scenario. It is to be told of what is published. */
export function openSnapshots(
  world: World,
  { feed, snapshot }: Pick<FeedScenario, "feed"> & Required<Pick<FeedScenario, "snapshot">>,
  parts: FeedParts,
  observe: Observe,
): Promise<SnapshotNode> {
  invariant(snapshot !== undefined, "a snapshot server of a feed without snapshots");
  return SnapshotNode.open(world, {
    ...snapshot,
    every: snapshot.every,
    codec: glimpse,
    truth: truthOf(parts),
    sessions: parts.sessions,
    createState: () => {
      const state = createState(feed);
      invariant(state !== undefined, "a snapshot of messages that come to nothing");
      return state;
    },
    observe,
  });
}

function limitsOf({ connections }: ServerPlace): RecoveryLimits {
  if (connections === undefined) return RECOVERY_LIMITS;
  const { requestsMax } = RECOVERY_LIMITS;
  // As many requests may be in flight as there are clients: each of them may ask.
  return {
    ...RECOVERY_LIMITS,
    connectionsMax: connections,
    requestsMax: Math.max(requestsMax, connections),
  };
}

/** Where repairs go, if to a group: on the interface that the first line is on. */
function repairsOf(
  { repairs }: Pick<NonNullable<FeedScenario["recovery"]>, "repairs">,
  lines: readonly LineAddress[],
): LineAddress | undefined {
  const { interface: on = "lo", ttl = 1 } = lines[0] ?? {};
  return repairs && { group: repairs, interface: on, ttl };
}
