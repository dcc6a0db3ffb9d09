/** The recovery servers of a run: what they have, when they are away, and what they do wrong. */
import type { Observe } from "../core/events.ts";
import type { FaultRun } from "../core/run.ts";
import type { MessageReader } from "../core/store.ts";
import { type Nanos, NEVER, type TimeWindow } from "../core/time.ts";
import { formatEndpoint } from "../core/units.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import type { Faults } from "../protocol/recovery-server/faults.ts";
import { Shelf } from "../stores/shelf.ts";
import type { LineAddress, World } from "../worlds/world.ts";
import { createFaults, outageOf } from "./faults.ts";
import { type FeedParts, openRecovery, type ServerPlace } from "./open.ts";
import { type Server, type ServerKeys, serversOf } from "./servers.ts";
import type { StagedEntry } from "./stage.ts";

/** What servers are opened with. */
export interface RecoveryServersOptions {
  readonly parts: FeedParts;
  /** What was published. */
  readonly store: MessageReader;
  readonly seed: string;
  readonly observe: Observe;
  readonly lines: readonly LineAddress[];
  /** Called before what came is read: a store that another process writes may have more by now. */
  readonly look?: (() => void) | undefined;
  /** Keeps what must be closed when the run is over. */
  readonly opened: <T extends { close(): Promise<void> }>(node: Promise<T>) => Promise<T>;
}

/** One server that is open. */
interface OpenServer {
  readonly server: Server;
  readonly node: RecoveryNode;
  readonly shelf: Shelf;
  readonly faults: Faults;
}

/** All servers that a listener can turn to, in this thread or in another. */
export interface Servers {
  /** How often each fault was met. */
  readonly faults: readonly FaultRun[];
  /** Times are counted from now on. `failed` when a server cannot come back. */
  start(
    startedNs: Nanos,
    entries: readonly StagedEntry[],
    met: (entry: number) => void,
    failed: (reason: unknown) => void,
  ): void;
  /** The feed has ended, and says so: whoever follows it on a connection is told too. */
  endOfSession(): void;
  /** Somebody has asked by datagram. */
  onRequested(now: Nanos): void;
  /** A client could not reach a server, for this reason. */
  onUnreachable(reason: string, now: Nanos): void;
  /** Resolves when all that happened is known here. Absent where it always is. */
  halt?(): Promise<void>;
}

/** All servers that a listener can turn to, in this thread. */
export class RecoveryServers implements Servers {
  #servers: readonly OpenServer[];
  #startedNs: Nanos = NEVER;

  private constructor(servers: readonly OpenServer[]) {
    this.#servers = servers;
  }

  /** Opens those of a feed; none where it has no recovery. */
  static async open(
    world: World,
    recovery: (ServerPlace & ServerKeys & { readonly others?: readonly ServerKeys[] }) | undefined,
    { parts, store, seed, observe, lines, look, opened }: RecoveryServersOptions,
  ): Promise<RecoveryServers> {
    const servers: OpenServer[] = [];
    const all = new RecoveryServers(servers);
    for (const server of recovery === undefined ? [] : serversOf(recovery)) {
      const shelf = new Shelf(store, server.retain);
      const faults = createFaults(server.faults, seed);
      const node = openRecovery(
        world,
        { ...server, repairs: recovery?.repairs, connections: recovery?.connections },
        parts,
        shelf,
        observe,
        lines,
        faults,
        look,
      );
      try {
        servers.push({ server, shelf, faults, node: await opened(node) });
      } catch (error) {
        await all.close();
        throw error;
      }
    }
    return all;
  }

  /** Times are counted from now on. `failed` when a server cannot come back. */
  start(
    startedNs: Nanos,
    entries: readonly StagedEntry[],
    met: (entry: number) => void,
    failed: (reason: unknown) => void,
  ): void {
    this.#startedNs = startedNs;
    const later = ({ from, until }: TimeWindow): TimeWindow => ({
      from: startedNs + from,
      until: startedNs + until,
    });
    for (const { server, node, faults } of this.#servers) {
      faults.begin(startedNs);
      for (const [window] of outagesOf(server)) node.plan(later(window), { failed });
    }
    for (const [entry, staged] of entries.entries()) {
      const { effect } = staged;
      if (effect.kind !== "recovery-down" || staged.from >= NEVER) continue;
      const { node, shelf } = this.#servers[effect.server - 1]!;
      const back = effect.store === "empty" ? (): void => shelf.empty() : () => {};
      node.plan(later(staged), { away: () => met(entry), back, failed });
    }
  }

  /** The one that is asked first. */
  get first(): RecoveryNode | undefined {
    return this.#servers[0]?.node;
  }

  /** In the order in which a client turns to them. */
  get nodes(): readonly RecoveryNode[] {
    return this.#servers.map(({ node }) => node);
  }

  /** The feed has ended, and says so: whoever follows it on a connection is told too. */
  endOfSession(): void {
    for (const { node } of this.#servers) node.endOfSession();
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map(({ node }) => node.close()));
  }

  /** Somebody has asked by datagram. Whether nobody was there to be asked, not every system tells. */
  onRequested(now: Nanos): void {
    const [only, ...others] = this.#servers;
    if (only !== undefined && others.length === 0) this.#missed(only, now);
  }

  /** A client could not reach a server, for this reason: a fault may have taken it away. */
  onUnreachable(reason: string, now: Nanos): void {
    for (const open of this.#servers) {
      if (reason.includes(formatEndpoint(open.server.listen))) this.#missed(open, now);
    }
  }

  #missed({ server, faults }: OpenServer, now: Nanos): void {
    const at = now - this.#startedNs;
    const found = outagesOf(server).find(([{ from, until }]) => at >= from && at < until);
    if (found !== undefined) faults.onMissed(found[1]);
  }

  /** How often each fault was met, as far as the server can know: of `down`, only a client does. */
  get faults(): FaultRun[] {
    return this.#servers.flatMap(({ server, faults }) =>
      server.faults.map(({ name }, i) => ({ name, hits: faults.hits[i]! })),
    );
  }
}

/**
 * Opens the recovery servers of `recovery` with their faults, whose times begin now. `failed` when one
 * cannot come back after one of them.
 */
export async function openServers(
  world: World,
  recovery: Omit<ServerPlace & ServerKeys, "retain"> & { readonly others?: readonly ServerKeys[] },
  given: Omit<RecoveryServersOptions, "opened">,
  failed: (reason: unknown) => void = () => {},
): Promise<RecoveryServers> {
  const opened = <T>(node: Promise<T>): Promise<T> => node;
  // What is kept says the store.
  const others = (recovery.others ?? []).map((other) => ({ ...other, retain: Infinity }));
  const all = { ...recovery, retain: Infinity, others };
  const servers = await RecoveryServers.open(world, all, { ...given, opened });
  servers.start(world.clock.now(), [], () => {}, failed);
  return servers;
}

/** When a server is away because of a fault, and the position of that fault. */
function outagesOf({ faults }: Server): [window: TimeWindow, index: number][] {
  return faults.flatMap((fault, i): [TimeWindow, number][] => {
    const window = outageOf(fault);
    return window === undefined ? [] : [[window, i]];
  });
}
