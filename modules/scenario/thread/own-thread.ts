/** Whether a publisher has a thread of its own, and why. */
import { reasonOf } from "../../core/errors.ts";
import type { Observe } from "../../core/events.ts";
import type { Choice } from "../../core/options.ts";
import { formatRate } from "../../core/units.ts";
import { isMax } from "../../protocol/schedule/phase.ts";
import { RETAIN_MAX } from "../../stores/memory.ts";
import { createSharedMemory, type SharedMemory } from "../../stores/shared-memory.ts";
import type { World } from "../../worlds/world.ts";
import { type FeedPlan, protocolOf } from "../feed.ts";
import type { PublisherWatch } from "../open.ts";
import { openLine } from "./line.ts";
import { NotPortable, type PublishedFeed, toPortable } from "./portable.ts";
import { RemotePublisher, type RemoteWatch } from "./remote-publisher.ts";
import { RemoteServers } from "./remote-servers.ts";
import type { PublisherTask, RecoveryTask } from "./talk.ts";

/**
 * Packets a second, at the fastest, from which on a publisher has a thread of its own. Timers are a
 * millisecond late, which is then as long as from packet to packet; and who sends faster leaves others in
 * the same thread little time.
 */
export const THREAD_PACKETS = 1000;

/** A publisher's thread that waits for the publisher, and the memory that it will publish into. */
export interface OwnThread extends AsyncDisposable {
  readonly memory: SharedMemory;
  /** Opens the publisher. Fails with a UserError as a publisher in this thread does. */
  open(options: {
    /** What chance begins with for the feed. */
    readonly seed: string;
    readonly observePackets: boolean;
    /** As `createFlow` makes it, where there is a listener to be waited for. */
    readonly flow?: SharedArrayBuffer | undefined;
    readonly watch: RemoteWatch;
  }): Promise<RemotePublisher>;
  /**
   * Opens the recovery servers of the feed in a thread that they have for themselves, to answer from the
   * same memory; undefined where there is no such thread. Fails with a UserError as they do here.
   */
  openServers(seed: string, observe: Observe): Promise<RemoteServers | undefined>;
  close(): Promise<void>;
}

/** A thread or none, and why, in a few words; no words in a world without threads. */
export interface ThreadChoice {
  readonly own: OwnThread | undefined;
  readonly reason: string | undefined;
}

/** What else speaks for a thread or against it. */
export interface ThreadNeeds {
  /** Where what is published is kept. */
  readonly store: Choice<{ readonly name: string }>;
  readonly retain?: number | undefined;
  /** Whether snapshots are made as messages are published. */
  readonly snapshots: boolean;
  /** Whether somebody looks into the packets that leave. */
  readonly decoded?: boolean;
  readonly departures?: PublisherWatch["departures"];
}

/** Starts a thread for the publisher of a feed, where it is to have one and can have one. */
export async function chooseThread(
  { threads }: World,
  feed: PublishedFeed,
  needs: ThreadNeeds,
): Promise<ThreadChoice> {
  if (threads === undefined) return { own: undefined, reason: undefined };
  const fastest = packetsPerSecond(feed.feed);
  const pace =
    fastest === Infinity ? "as fast as it goes" : formatRate(fastest).replace("/s", " packets/s");
  if (fastest < THREAD_PACKETS) return { own: undefined, reason: `${pace} need no other` };
  const against = obstacle(feed, needs);
  if (against !== undefined) return { own: undefined, reason: against };
  const line = await openLine(threads);
  if (typeof line === "string") return { own: undefined, reason: line };
  const { thread } = line;
  try {
    const memory = createSharedMemory(firstOf(feed.feed), needs.retain ?? RETAIN_MAX);
    const portable = toPortable(feed);
    const own: OwnThread = {
      memory,
      close: () => thread.close(),
      [Symbol.asyncDispose]: () => thread.close(),
      open: ({ watch, ...options }) => {
        const tellLeft = watch.left !== undefined;
        const task: PublisherTask = {
          role: "publisher",
          feed: portable,
          memory,
          tellLeft,
          ...options,
        };
        const lines = feed.lines.map(({ name }) => name);
        return RemotePublisher.open(line, task, lines, watch);
      },
      openServers: async (seed, observe) => {
        const another = await openLine(threads);
        if (typeof another === "string") return undefined;
        const task: RecoveryTask = { role: "recovery", feed: portable, memory, seed };
        try {
          return await RemoteServers.open(another, task, observe);
        } catch (error) {
          await another.thread.close();
          throw error;
        }
      },
    };
    return { own, reason: pace };
  } catch (error) {
    await thread.close();
    const why =
      error instanceof NotPortable
        ? `another does not know what stands at ${error.message}`
        : `no memory can be shared: ${reasonOf(error)}`;
    return { own: undefined, reason: why };
  }
}

/** Packets that are due in a second, where they are most. */
export function packetsPerSecond({ phases, batch }: Pick<FeedPlan, "phases" | "batch">): number {
  return Math.max(
    ...phases.map((phase) => {
      if (phase.messages === 0) return 0;
      if (isMax(phase)) return Infinity;
      return (Math.max(phase.rate.from, phase.rate.to) * phase.burst) / batch;
    }),
  );
}

function firstOf(feed: FeedPlan): number {
  return feed.first ?? protocolOf(feed).packets.firstSeq;
}

/** What keeps the publisher in the thread of the others. */
function obstacle(
  { timeline }: PublishedFeed,
  { store, snapshots, decoded = false, departures }: ThreadNeeds,
): string | undefined {
  if (departures !== undefined) return "every packet is recorded";
  if (decoded) return "every packet is decoded";
  if (snapshots) return "snapshots are made of what is published";
  if (store.definition.name !== "memory")
    return `it publishes into a ${store.definition.name} store`;
  const begins = timeline.some(
    ({ action, options }) => action.effect(options).kind === "new-session",
  );
  return begins ? "its sessions begin while others listen" : undefined;
}
