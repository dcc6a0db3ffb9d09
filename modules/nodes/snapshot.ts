import type { SnapshotCodec } from "../codecs/snapshot/snapshot.ts";
import type { Observe, SnapshotServerEvent } from "../core/events.ts";
import type { Seq } from "../core/seq.ts";
import type { Endpoint } from "../core/units.ts";
import {
  SNAPSHOT_LIMITS,
  type SnapshotLimits,
  SnapshotServer,
} from "../protocol/snapshot-server.ts";
import type { Connection, Listener, StreamHandler, World } from "../worlds/world.ts";
import { Drive } from "./drive.ts";
import { SnapshotImages, type SnapshotImagesOptions } from "./snapshot-images.ts";

/** What a snapshot server is made of. */
export interface SnapshotNodeOptions extends Omit<SnapshotImagesOptions, "start"> {
  readonly listen: Endpoint;
  readonly codec: SnapshotCodec;
  readonly limits?: SnapshotLimits;
  readonly observe: Observe<SnapshotServerEvent>;
}

/** A snapshot server in a world. */
export class SnapshotNode {
  #world: World;
  #server: SnapshotServer;
  #images: SnapshotImages;
  #drive: Drive;
  #listener: Listener | undefined;
  #connections = new Map<number, Connection>();
  #ids = new Map<Connection, number>();
  #nextId = 1;

  private constructor(world: World, options: SnapshotNodeOptions) {
    const { codec, limits = SNAPSHOT_LIMITS, observe } = options;
    this.#world = world;
    this.#images = new SnapshotImages({ ...options, start: world.clock.now() });
    this.#server = new SnapshotServer(codec, limits, {
      image: (now) => this.#images.image(now),
      send: (id, bytes) => this.#connections.get(id)?.write(bytes) ?? true,
      end: (id) => this.#connections.get(id)?.end(),
      destroy: (id) => this.#connections.get(id)?.destroy(),
      request: (peer, text, atNs) => observe({ event: "snapshot-request", atNs, peer, text }),
      sent: (peer, { next, messages: { length: messages } }, atNs) =>
        observe({ event: "snapshot-sent", atNs, peer, messages, next }),
      refused: (peer, reason, atNs) => observe({ event: "snapshot-refused", atNs, peer, reason }),
    });
    this.#drive = new Drive(this.#server, world.clock);
  }

  /** Starts to listen. Fails with a UserError when the place cannot be had. */
  static async open(world: World, options: SnapshotNodeOptions): Promise<SnapshotNode> {
    const node = new SnapshotNode(world, options);
    node.#listener = await world.transport.listen(options.listen, node.#handler());
    return node;
  }

  /** Clients that are connected now. */
  get connections(): number {
    return this.#server.connections;
  }

  /** To be told of each message as it is published: everything before `next` is. */
  onPublished(next: Seq): void {
    this.#images.onPublished(next, this.#world.clock.now());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    this.#drive.stop();
    await this.#listener?.close();
  }

  #handler(): StreamHandler {
    const server = this.#server;
    const now = (): number => this.#world.clock.now();
    const then = (act: () => void): void => {
      act();
      this.#drive.arm();
    };
    return {
      opened: (connection) => {
        const id = this.#nextId++;
        this.#ids.set(connection, id);
        this.#connections.set(id, connection);
        then(() => server.onOpened(id, connection.peer, now()));
      },
      received: (connection, bytes) =>
        then(() => server.onBytes(this.#ids.get(connection)!, bytes, now())),
      ended: (connection) => then(() => server.onEnd(this.#ids.get(connection)!, now())),
      drained: (connection) => then(() => server.onDrained(this.#ids.get(connection)!, now())),
      closed: (connection) =>
        then(() => {
          const id = this.#ids.get(connection)!;
          this.#ids.delete(connection);
          this.#connections.delete(id);
          server.onClosed(id);
        }),
    };
  }
}
