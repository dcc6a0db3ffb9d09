/** Many clients at once, some of which read nothing or send nonsense: the others are served. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { soupRecovery } from "../../modules/codecs/recovery/soupbintcp.ts";
import { RecoveryNode } from "../../modules/nodes/recovery.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import {
  type Connection,
  type StreamHandler,
  type World,
  WRITE_HELD_MAX,
} from "../../modules/worlds/world.ts";
import { crowd } from "../support/crowd.ts";
import { anAddress } from "../support/transport-conformance.ts";

const SEQS = 1e9;

const soup = soupRecovery.create(soupRecovery.options.parse({}), { epochMs: 0 });
const protocols: Readonly<Record<string, RecoveryCodec>> = {
  demo: demo.create({}, { epochMs: 0 }).recovery,
  soupbintcp: soup,
};

/** A world that knows how much was written to a connection after it said that there is no room. */
class Watched {
  readonly world: World;
  writtenFullMax = 0;

  constructor(world: World) {
    const { transport } = world;
    this.world = {
      clock: world.clock,
      until: (done) => world.until(done),
      transport: {
        publish: (line, events) => transport.publish(line, events),
        subscribe: (line, receive) => transport.subscribe(line, receive),
        connect: (to, handler, over) => transport.connect(to, handler, over),
        listen: (at, handler, over) => transport.listen(at, this.#watch(handler), over),
      },
    };
  }

  #watch(handler: StreamHandler): StreamHandler {
    const full = new Map<Connection, number>();
    return {
      ...handler,
      opened: (connection) => {
        const write = connection.write.bind(connection);
        connection.write = (bytes) => {
          const room = write(bytes);
          const before = full.get(connection);
          if (before !== undefined) {
            full.set(connection, before + bytes.length);
            this.writtenFullMax = Math.max(this.writtenFullMax, before + bytes.length);
          } else if (!room) full.set(connection, 0);
          return room;
        };
        handler.opened(connection);
      },
      drained: (connection) => {
        full.delete(connection);
        handler.drained?.(connection);
      },
      closed: (connection, reason) => {
        full.delete(connection);
        handler.closed(connection, reason);
      },
    };
  }
}

for (const [name, codec] of Object.entries(protocols)) {
  void test(
    `${name}: 100 clients, 5 of them slow and 5 babbling: the rest are served, little is held`,
    { timeout: 30_000 },
    async () => {
      const watched = new Watched(openLiveWorld());
      const at = anAddress();
      const message = new Uint8Array(40);
      await using node = await RecoveryNode.open(watched.world, {
        listen: at,
        codec,
        store: {
          first: 1,
          next: SEQS,
          read: ({ from, until }, visit) => {
            for (let seq = from; seq < until && visit(seq, message); seq++);
          },
        },
        observe: () => {},
      });
      assertEquals(node.connections, 0);
      const { served, wrong } = await crowd({
        at,
        codec,
        honest: 90,
        slow: 5,
        garbage: 5,
        messages: 50,
        seed: "crowd",
        limitMs: 20_000,
      });
      assertEquals({ served, wrong }, { served: 90, wrong: undefined });
      assert(node.answered > 0);
      // A connection that is full holds its limit; beyond it, only words of the protocol may follow.
      assert(watched.writtenFullMax < WRITE_HELD_MAX / 16, `${watched.writtenFullMax} bytes`);
    },
  );
}
