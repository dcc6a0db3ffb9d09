import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { FeedEvent } from "../../modules/core/events.ts";
import { MILLISECOND } from "../../modules/core/time.ts";
import { ListenerNode } from "../../modules/nodes/listener.ts";
import { Publisher, type PublisherOptions } from "../../modules/nodes/publisher.ts";
import { RecoveryNode } from "../../modules/nodes/recovery.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { RECOVERY_DEFAULTS } from "../../modules/protocol/recovery-client.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { SenderEvents, Transport, World } from "../../modules/worlds/world.ts";
import { dropRule, letters, listed } from "../support/feed-recorder.ts";
import { frames, showFrame } from "../support/frames.ts";

const A = { group: { host: "239.192.1.1", port: 6000 }, interface: "lo", ttl: 1 };
const B = { ...A, group: { host: "239.192.1.2", port: 6000 } };

function options(more: Partial<PublisherOptions> = {}): PublisherOptions {
  return {
    lines: [{ name: "A", address: A, rules: [], skew: () => 0 }],
    codec: frames(),
    source: letters(),
    store: new MemoryStore(1),
    schedule: listed([0, 1, 2, 3]),
    end: { messages: Infinity, duration: Infinity },
    observe: () => {},
    observePackets: false,
    ...more,
  };
}

/** A world whose senders take so many packets, and then none until `drain`. */
class NarrowWorld implements World {
  readonly #sim = new SimWorld();
  readonly clock = this.#sim.clock;
  readonly transport: Transport;
  /** Each batch that was taken, with the time in ms. */
  readonly taken: string[] = [];
  room: number;
  closed = 0;
  shortfall: string | undefined;
  #events: SenderEvents | undefined;

  constructor(room: number) {
    this.room = room;
    this.transport = {
      ...({} as Transport),
      publish: async (_line, events) => {
        this.#events = events;
        return {
          sendBuffer: 65_536,
          shortfall: this.shortfall,
          send: ({ slab, ends, count }) => {
            const packets = Array.from({ length: Math.min(count, this.room) }, (_, i) =>
              showFrame(slab.subarray(i === 0 ? 0 : ends[i - 1], ends[i])),
            );
            this.room -= packets.length;
            const at = this.clock.now() / MILLISECOND;
            if (packets.length > 0) this.taken.push(`${packets.join(" | ")} @${at}`);
            return packets.length;
          },
          close: async () => void this.closed++,
        };
      },
    };
  }

  drain(ms: number, room: number): void {
    this.clock.at(ms * MILLISECOND, () => {
      this.room = room;
      this.#events!.drained();
    });
  }

  until<T>(done: Promise<T>): Promise<T> {
    return this.#sim.until(done);
  }
}

test("what is due at one instant is handed over in one batch", async () => {
  const world = new NarrowWorld(Infinity);
  await using publisher = await Publisher.open(
    world,
    options({ schedule: listed([0, 0, 0, 1, 2, 2]) }),
  );
  publisher.start();
  await world.until(publisher.done);
  assertEquals(world.taken, ["1 a | 2 b | 3 c @0", "4 d @1", "5 e | 6 f @2"]);
  assertEquals(publisher.lines, [
    { name: "A", packets: 6, messages: 6, last: 7, sendBuffer: 65_536 },
  ]);
  assertEquals([publisher.first, publisher.next], [1, 7]);
});

test("messages are packed as many to a packet as the batch says", async () => {
  const world = new NarrowWorld(Infinity);
  await using publisher = await Publisher.open(world, options({ batch: 3 }));
  publisher.start();
  await world.until(publisher.done);
  assertEquals(world.taken, ["1..3 a,b,c @2", "4 d @3"]);
  assertEquals(publisher.lines, [
    { name: "A", packets: 2, messages: 4, last: 5, sendBuffer: 65_536 },
  ]);
});

test("that the system keeps less than was asked for is told once, as the line opens", async () => {
  const world = new NarrowWorld(Infinity);
  world.shortfall = "not that much";
  const events: FeedEvent[] = [];
  const observe = (event: FeedEvent): void => void events.push(event);
  await using publisher = await Publisher.open(world, options({ observe }));
  publisher.start();
  await world.until(publisher.done);
  assertEquals(
    events.filter(({ event }) => event === "buffer-short"),
    [{ event: "buffer-short", atNs: 0, line: "A", side: "send", reason: "not that much" }],
  );
});

test("while a sender takes no more the feed stands still, and is late afterwards", async () => {
  const world = new NarrowWorld(1);
  const events: FeedEvent[] = [];
  await using publisher = await Publisher.open(
    world,
    options({ schedule: listed([0, 0, 1, 5, 8]), observe: (event) => events.push(event) }),
  );
  world.drain(6, 2);
  world.drain(7, Infinity);
  publisher.start();
  await world.until(publisher.done);
  assertEquals(world.taken, ["1 a @0", "2 b @6", "3 c @6", "4 d @7", "5 e @8"]);
  assertEquals(publisher.lateness.max, 5 * MILLISECOND);
  assertEquals(publisher.lateness.count, 5);
  assertEquals(events.at(-1), { event: "feed-ended", atNs: 8 * MILLISECOND, next: 6 });
});

test("a feed is done only when its last packet was taken", async () => {
  const world = new NarrowWorld(3);
  const publisher = await Publisher.open(world, options());
  world.drain(50, 1);
  publisher.start();
  await world.until(publisher.done);
  assertEquals(world.taken.at(-1), "4 d @50");
  assertEquals(world.clock.now(), 50 * MILLISECOND);
  await publisher.close();
  assertEquals(world.closed, 1);
});

test("the pace is measured for the whole feed and for each phase", async () => {
  const world = new NarrowWorld(Infinity);
  await using publisher = await Publisher.open(
    world,
    options({ schedule: listed([0, 100, 200], [], [1000, 1010, 1020]) }),
  );
  publisher.start();
  await world.until(publisher.done);
  assertEquals(Math.round(publisher.rateAchieved * 1.02), 5);
  assertEquals(
    [0, 1, 2].map((phase) => [publisher.phase(phase).messages, publisher.phase(phase).rate]),
    [
      [3, 10],
      [0, NaN],
      [3, 100],
    ],
  );
  assertEquals(publisher.lateness.max, 0);
});

test("a lost heartbeat is no lost message: the rule's count alone tells", async () => {
  const world = new NarrowWorld(Infinity);
  const events: FeedEvent[] = [];
  await using publisher = await Publisher.open(
    world,
    options({
      lines: [{ name: "A", address: A, rules: [dropRule(({ seq }) => seq > 4)], skew: () => 0 }],
      heartbeat: MILLISECOND,
      observe: (event) => events.push(event),
    }),
  );
  publisher.start();
  await world.until(publisher.done);
  assertEquals(
    events.map(({ event }) => event),
    ["feed-ended"],
  );
  assertEquals(publisher.counts, [[{ name: "drop", seen: 5, hits: 1 }]]);
});

test("the last messages are lost on both lines: a heartbeat tells, and recovery brings them", async () => {
  const world = new SimWorld();
  const store = new MemoryStore(1);
  const server = { host: "127.0.0.1", port: 7000 };
  const protocol = { packets: frames(), recovery: demo.create({}, { epochMs: 0 }).recovery };
  const lost = dropRule(({ kind, seq }) => kind === "data" && seq >= 3);
  const seen: string[] = [];
  await using recovery = await RecoveryNode.open(world, {
    listen: server,
    codec: protocol.recovery,
    store,
    observe: () => {},
  });
  await using listener = await ListenerNode.open(world, {
    lines: [
      { name: "A", address: A },
      { name: "B", address: B },
    ],
    protocol,
    arbiter: ARBITER_DEFAULTS,
    recovery: { server, policy: RECOVERY_DEFAULTS },
    deliver: (seq, _bytes, _start, _end, via) => void seen.push(`${seq} ${via}`),
    observe: () => {},
    observePackets: false,
  });
  await using publisher = await Publisher.open(
    world,
    options({
      lines: [
        { name: "A", address: A, rules: [lost], skew: () => 0 },
        { name: "B", address: B, rules: [lost], skew: () => 0 },
      ],
      codec: protocol.packets,
      store,
      heartbeat: 10 * MILLISECOND,
    }),
  );
  publisher.start();
  const all = new Promise<void>((resolve) => {
    listener.onProgress = () => {
      if (listener.next === 5) resolve();
    };
  });
  await world.until(all);
  assertEquals(seen, ["1 line", "2 line", "3 recovery", "4 recovery"]);
  assertEquals([listener.totals.gaps, recovery.requests], [1, 2]);
});
