/** One handler of a feed in a run: it listens, and a recorder of its own watches it. */
import { deferred } from "../core/deferred.ts";
import { invariant } from "../core/errors.ts";
import type { ListenerEvent } from "../core/events.ts";
import type { Run, RunEnd } from "../core/run.ts";
import type { Seq } from "../core/seq.ts";
import { type Cancel, MILLISECOND, type Nanos } from "../core/time.ts";
import type { ListenerNode } from "../nodes/listener.ts";
import type { World } from "../worlds/world.ts";
import { accountOf, type Joined, type Parties, timelineOf } from "./account.ts";
import type { FeedScenario, Handler } from "./feed-scenario.ts";
import { type FeedParts, openListener, truthOf } from "./open.ts";
import type { Publishing } from "./publishing.ts";
import { type Due, Recorder } from "./recorder.ts";
import { Renumber } from "./renumber.ts";
import { createState } from "./scenario.ts";

/** After the last packet was handed over, how long the network may bring nothing and still bring it. */
const LAST_PACKET_WAIT: Nanos = 500 * MILLISECOND;

/** What a handler's part in a run is made with. */
export interface HandlerRunOptions {
  readonly world: World;
  readonly scenario: FeedScenario;
  readonly handler: Handler;
  readonly parts: FeedParts;
  /** The number after the last one that was published so far. */
  readonly next: () => Seq;
  readonly startedNs: () => Nanos;
  /** Is told what the listener tells, in the publisher's numbers. */
  readonly observe: (event: ListenerEvent) => void;
  readonly observePackets: boolean;
  /** Keeps what must be closed when the run is over. */
  readonly opened: <T extends { close(): Promise<void> }>(node: Promise<T>) => Promise<T>;
}

/** What only the run as a whole knows of a handler's part in it. */
type Around = Omit<Parties, "handler" | "joined" | "recorder" | "restedNs" | "world" | "scenario">;

/** A handler that is there, or will be. It knows of no other. */
export class HandlerRun {
  readonly recorder: Recorder;
  /** How often each entry of the timeline came to bear on it. */
  readonly met = new Map<number, number>();
  readonly #options: HandlerRunOptions;
  #joined: Joined | undefined;
  #restedNs: Nanos | undefined;
  #rested: Run | undefined;

  constructor(options: HandlerRunOptions) {
    this.#options = options;
    const { parts, next, startedNs, scenario } = options;
    this.recorder = new Recorder({
      truth: truthOf(parts),
      next,
      recoveryCarriesPayload: parts.protocol.recovery.carriesPayload,
      codec: parts.protocol.packets,
      due: () => dueTimes(parts, startedNs),
      createState: () => createState(scenario.feed),
    });
  }

  /** Undefined as long as it is not there. */
  get listener(): ListenerNode | undefined {
    return this.#joined?.listener;
  }

  /** Opens the listener. */
  async join(publisher: Publishing): Promise<void> {
    const { world, scenario, handler, parts, next, observe, observePackets, opened } =
      this.#options;
    const { recorder } = this;
    let listener: ListenerNode | undefined;
    const numbers = new Renumber(() => listener?.sessions, parts.sessions);
    // With a name it has chance of its own, moved by no other.
    const rng = handler.name === "" ? parts.rng : parts.rng.fork(handler.name);
    const { listen } = handler;
    listener = await opened(
      openListener(
        world,
        { ...scenario, listen },
        { ...parts, rng },
        {
          deliver: (seq, bytes, start, end, via) =>
            recorder.onDeliver(numbers.seq(seq), bytes, start, end, via, world.clock.now()),
          observe: (event) => observe(numbers.event(event)),
          observePackets,
          loaded: (messages, from, until) =>
            recorder.onSnapshot(messages, numbers.seq(from), numbers.seq(until)),
        },
      ),
    );
    // What left a moment ago may or may not still come.
    const packetsBefore = publisher.lines.map(({ packets }) => packets);
    this.#joined = { listener, at: next(), packetsBefore };
  }

  /** Resolves when everything has come or was given up, once it has joined. What it came to is kept. */
  async rest(joined: Promise<void>, around: () => Around): Promise<void> {
    const { world } = this.#options;
    await joined;
    await rest(around().publisher, this.#there(), world, this.recorder);
    this.#restedNs = world.clock.now();
    this.recorder.finish();
    // What others do in threads of their own is known when they have been halted.
    if (around().publisher.halt !== undefined) return;
    this.#rested = accountOf(this.#parties(around()), "at-rest");
  }

  /** What is known so far, or at the end. */
  account(end: RunEnd | "going-on", around: Around): Run {
    if (this.#rested === undefined) {
      const own = end === "going-on" || this.#restedNs === undefined ? end : "at-rest";
      return accountOf(this.#parties(around), own);
    }
    // Who is at rest is not cut short when another is; but what is left to happen may be its feed's.
    const { faults } = around;
    const { recovery } = this.#rested;
    const timeline = timelineOf(around.entries, this.#metBy(around));
    return { ...this.#rested, timeline, recovery: { ...recovery, faults } };
  }

  /** Empty where it has no name. */
  get name(): string {
    return this.#options.handler.name;
  }

  /** Of its listener. */
  get totals(): ListenerNode["totals"] {
    return this.#there().listener.totals;
  }

  #parties(around: Around): Parties {
    const { world, scenario, handler } = this.#options;
    const { recorder } = this;
    const own = { world, scenario, handler, recorder, restedNs: this.#restedNs };
    return { ...around, ...own, met: this.#metBy(around), joined: this.#there() };
  }

  #metBy({ met }: Around): ReadonlyMap<number, number> {
    return new Map([...met, ...this.met]);
  }

  #there(): Joined {
    invariant(this.#joined !== undefined, "the listener is not there yet");
    return this.#joined;
  }
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
