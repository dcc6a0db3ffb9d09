import type { SnapshotCodec } from "../codecs/snapshot/snapshot.ts";
import type { ListenerEvent, Observe } from "../core/events.ts";
import type { Nanos } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import {
  type JudgeSnapshot,
  type LoadedSnapshot,
  SnapshotClient,
  type SnapshotPolicy,
} from "../protocol/snapshot-client.ts";
import type { Connection, StreamHandler, World } from "../worlds/world.ts";
import { Drive } from "./drive.ts";

/** Where and how a listener gets a snapshot. */
export interface ListenerSnapshot {
  readonly server: Endpoint;
  readonly codec: SnapshotCodec;
  readonly policy: SnapshotPolicy;
}

/** What a link needs to be told, and whom it tells. */
export interface SnapshotLinkOptions extends ListenerSnapshot {
  readonly observe: Observe<ListenerEvent>;
  readonly judge: JudgeSnapshot;
  /** Not to call back: queue it. */
  readonly loaded: (snapshot: LoadedSnapshot) => void;
  /** Not to call back: queue it. */
  readonly givenUp: (reason: string) => void;
  /** Something has happened: what was queued can be done. */
  readonly after: () => void;
}

/** A listener's side of snapshots: the client and its connection. */
export class SnapshotLink {
  #world: World;
  #options: SnapshotLinkOptions;
  #client: SnapshotClient;
  #drive: Drive;
  #connections = new Map<number, Connection>();
  #closed = false;

  constructor(world: World, options: SnapshotLinkOptions) {
    const { codec, policy, server, judge, observe, loaded, givenUp } = options;
    this.#world = world;
    this.#options = options;
    this.#client = new SnapshotClient(
      codec,
      policy,
      {
        connect: (id) => {
          const { transport } = world;
          this.#connections.set(id, transport.connect(server, this.#handler(id)));
        },
        send: (id, bytes) => void this.#connections.get(id)?.write(bytes),
        close: (id) => {
          this.#connections.get(id)?.destroy();
          this.#connections.delete(id);
        },
        asking: (session, attempt, atNs) =>
          observe({ event: "snapshot-asked", atNs, session, attempt }),
        loaded: (snapshot) => loaded(snapshot),
        failed: (reason, attempt, atNs) =>
          observe({ event: "snapshot-failed", atNs, attempt, reason }),
        givenUp: (reason) => givenUp(reason),
      },
      judge,
    );
    this.#drive = new Drive(this.#client, world.clock, options.after);
  }

  /** True when nothing is being loaded, or about to be. */
  get idle(): boolean {
    return this.#client.idle;
  }

  /** A snapshot of this session is wanted, and no other. */
  start(session: string, now: Nanos): void {
    this.#client.start(session, now);
  }

  /** To be called whenever it was called. */
  arm(): void {
    this.#drive.arm();
  }

  /** Drops the connection, and wakes no more. */
  close(): void {
    this.#closed = true;
    this.#drive.stop();
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #handler(id: number): StreamHandler {
    const now = (): Nanos => this.#world.clock.now();
    const client = this.#client;
    // What ends because we end is nobody's failure.
    const whileOpen = (act: () => void): void => {
      if (this.#closed) return;
      act();
      this.#options.after();
    };
    return {
      opened: () => whileOpen(() => client.onConnected(id, now())),
      received: (_connection, bytes) => whileOpen(() => client.onBytes(id, bytes, now())),
      ended: () => whileOpen(() => client.onEnd(id, now())),
      closed: (_connection, reason) =>
        whileOpen(() => {
          client.onClosed(id, reason?.message, now());
          this.#connections.delete(id);
        }),
    };
  }
}
