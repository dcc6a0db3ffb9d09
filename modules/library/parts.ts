/**
 * The parts of a scenario as things of their own: a feed, a listener, a recovery server. They take
 * the keys of a scenario file, as an object.
 */
import type * as z from "zod";
import { UserError } from "../core/errors.ts";
import type { FeedEvent, Observe } from "../core/events.ts";
import type { Seq } from "../core/seq.ts";
import type { ListenerNode } from "../nodes/listener.ts";
import type { Publisher } from "../nodes/publisher.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import { StoreKeeper } from "../nodes/store-keeper.ts";
import { formatPath } from "../scenario/document/path.ts";
import { noFiles } from "../scenario/files.ts";
import { checkFeed, type FeedScenario, listLines, readFeed } from "../scenario/feed-scenario.ts";
import { inMemory, openStore } from "../scenario/keep.ts";
import { feedParts, openListener, openPublisher, truthOf } from "../scenario/open.ts";
import { openServers, RecoveryServers } from "../scenario/recovery-servers.ts";
import { scenarioSchema } from "../scenario/scenario.ts";
import { stage } from "../scenario/stage.ts";
import { openLiveWorld } from "../worlds/live.ts";
import type { World } from "../worlds/world.ts";

/** Where a part acts, and who is told what it does. */
export interface PartOptions {
  /** Parts that are to meet in virtual time share one. Real sockets when there is none. */
  readonly world?: World;
  readonly observe?: Observe;
  /** Also tell of every packet and every delivery. */
  readonly observePackets?: boolean;
}

/** A message as a listener delivers it. The bytes are the receiver's to keep. */
export interface Delivered {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
  readonly via: "line" | "recovery";
}

/** What a listener takes besides. */
export interface ListenerOptions extends PartOptions {
  readonly deliver?: (message: Delivered) => void;
}

const feedSchema = scenarioSchema.pick({
  feed: true,
  lines: true,
  impair: true,
  recovery: true,
  timeline: true,
  seed: true,
});

const listenerSchema = scenarioSchema
  .pick({ feed: true, lines: true, listen: true, recovery: true })
  .partial({ feed: true });

const serverSchema = scenarioSchema.pick({ feed: true, recovery: true });

/** The keys that `createFeed` takes, as in a scenario file. */
export type FeedInput = z.input<typeof feedSchema>;
/** The keys that `createListener` takes. */
export type ListenerInput = z.input<typeof listenerSchema>;
/** The keys that `createRecoveryServer` takes. */
export type RecoveryServerInput = z.input<typeof serverSchema>;

/** A feed that is open but not started, with its recovery server if it was given one. */
export interface FeedHandle extends AsyncDisposable {
  readonly publisher: Publisher;
  readonly recovery: RecoveryNode | undefined;
  start(): void;
  /** Resolves when the feed has ended and every packet has been handed over. */
  readonly done: Promise<void>;
}

/** Opens a feed. Throws a UserError when the input is wrong or the machine cannot do it. */
export async function createFeed(input: FeedInput, options: PartOptions = {}): Promise<FeedHandle> {
  const { seed = "feedlab", ...keys } = parse("createFeed", feedSchema, input);
  const given = readFeed("", { ...keys, listen: scenarioSchema.shape.listen.parse({}) }, noFiles);
  checkWhole("createFeed", given, seed);
  const { scenario, entries } = stage(given, seed);
  const { recovery, lines } = scenario;
  const { world, observe, observePackets } = complete(options);
  const parts = feedParts(scenario, seed, world.clock.epochMs);
  const kept = await openStore(recovery?.store ?? inMemory, scenario.feed, {
    by: "createFeed",
    existing: "replace",
    retain: recovery?.retain,
  });
  const store = new StoreKeeper(kept, world.clock, parts.sessions);
  let servers: RecoveryServers | undefined;
  try {
    const opened = <T>(node: Promise<T>): Promise<T> => node;
    const around = { parts, store, seed, observe, lines, opened };
    const there = (servers = await RecoveryServers.open(world, recovery, around));
    const watch = { observe, observePackets };
    const publisher = await openPublisher(world, scenario, parts, store, seed, watch);
    let failed: (reason: unknown) => void = () => {};
    const broken = new Promise<never>((_resolve, reject) => (failed = reject));
    const ended = publisher.done.then(() => {
      if (scenario.feed.endOfSession !== undefined) there.endOfSession();
    });
    return {
      publisher,
      recovery: there.first,
      start: () => {
        const startedNs = world.clock.now();
        publisher.start();
        there.start(startedNs, entries, () => {}, failed);
      },
      done: Promise.race([ended, store.failed, broken]),
      async [Symbol.asyncDispose]() {
        await publisher.close();
        await there.close();
        await store.close();
      },
    };
  } catch (error) {
    await servers?.close();
    await store.close();
    throw error;
  }
}

/** Joins a feed. Throws a UserError when the input is wrong or the machine cannot do it. */
export async function createListener(
  input: ListenerInput,
  options: ListenerOptions = {},
): Promise<ListenerNode> {
  const { feed, lines, listen, recovery } = parse("createListener", listenerSchema, input);
  const { world, observe, observePackets } = complete(options);
  const { deliver } = options;
  const some = feed ?? scenarioSchema.shape.feed.parse({ messages: 1 });
  const parts = feedParts({ feed: some, recovery, open: noFiles }, "", world.clock.epochMs);
  return openListener(world, { lines: listLines(lines), listen, recovery }, parts, {
    deliver: (seq, bytes, start, end, via) =>
      deliver?.({ seq, bytes: bytes.slice(start, end), via }),
    observe,
    observePackets,
  });
}

/**
 * Opens a recovery server that answers for a feed it has not heard: for the messages that the feed
 * would have, from its source. Those of `others` are opened, and closed, with it.
 */
export async function createRecoveryServer(
  input: RecoveryServerInput,
  options: PartOptions = {},
): Promise<RecoveryNode> {
  const { feed, recovery } = parse("createRecoveryServer", serverSchema, input);
  if (recovery === undefined) {
    throw new UserError("createRecoveryServer: recovery is missing: add { listen: host:port }");
  }
  const { world, observe } = complete(options);
  const parts = feedParts({ feed, recovery, open: noFiles }, "", world.clock.epochMs);
  const store = truthOf(parts);
  const around = { parts, store, seed: "feedlab", observe, lines: [] };
  const [first, ...others] = (await openServers(world, recovery, around)).nodes;
  first!.others = others;
  return first!;
}

function complete({ world, observe, observePackets = false }: PartOptions): {
  world: World;
  observe: Observe;
  observePackets: boolean;
} {
  return {
    world: world ?? openLiveWorld(),
    observe: observe ?? ((_event: FeedEvent): void => {}),
    observePackets,
  };
}

/** Rules and entries that name what is not there would be silent. */
function checkWhole(act: string, feed: FeedScenario, seed: string): void {
  const pause = feed.timeline.findIndex(
    ({ action, options }) => action.effect(options).kind === "listen-pause",
  );
  if (pause >= 0) {
    throw new UserError(
      `${act}: timeline[${pause}]: there is no listener in a feed: pause your own, ` +
        "with its pause() and resume()",
    );
  }
  const wrong = checkFeed(feed, seed).find(({ severity }) => severity === "error");
  if (wrong === undefined) return;
  const { path, place, message } = wrong;
  throw new UserError(`${act}: ${formatPath(path.length === 0 ? place : path)}: ${message}`);
}

function parse<T>(act: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = formatPath(
    (issue?.path ?? []).map((part) => (typeof part === "number" ? part : String(part))),
  );
  throw new UserError(`${act}: ${path === "" ? "" : `${path}: `}${issue?.message}`);
}
