import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { soupRecovery } from "../../modules/codecs/recovery/soupbintcp.ts";
import { UserError } from "../../modules/core/errors.ts";
import { createFeed, createListener, createRecoveryServer } from "../../modules/library/parts.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { clientOf } from "../support/dialogues.ts";

const feed = { messages: 22, interval: "5ms" };
const lines = { A: { group: "239.192.1.1:6000" } };
const recovery = { listen: "127.0.0.1:7000" };

test("a feed with its recovery server, and a listener, meet in one world", async () => {
  const world = new SimWorld();
  const seen: string[] = [];
  const text = new TextDecoder();
  await using publisher = await createFeed(
    { feed, lines, recovery, impair: [{ drop: { every: 5 } }] },
    { world },
  );
  await using listener = await createListener(
    { lines, recovery },
    {
      world,
      deliver: ({ seq, bytes, via }) => seen.push(`${seq} ${text.decode(bytes)} ${via}`),
    },
  );
  publisher.start();
  const rest = Promise.withResolvers<void>();
  listener.onProgress = () => {
    if (listener.next === 23) rest.resolve();
  };
  await world.until(rest.promise);
  assertEquals(
    seen,
    Array.from({ length: 22 }, (_, i) =>
      (i + 1) % 5 === 0
        ? `${i + 1} Recovered data for SEQ:${i + 1} recovery`
        : `${i + 1} PRICE:${101 + i} line`,
    ),
  );
  assertEquals(publisher.recovery?.requests, 4);
});

test("a recovery server by itself knows the feed that it has not heard", async () => {
  const world = new SimWorld();
  await using server = await createRecoveryServer({ feed, recovery }, { world });
  await using listener = await createListener({ lines, recovery, listen: { start: 1 } }, { world });
  await using publisher = await createFeed({ feed: { ...feed, first: 3 }, lines }, { world });
  publisher.start();
  await world.until(publisher.done);
  const rest = Promise.withResolvers<void>();
  listener.onProgress = () => {
    if (listener.next === 25) rest.resolve();
  };
  await world.until(rest.promise);
  assertEquals(server.answered, 2);
});

test("a recovery server brings its others, and takes them with it", async () => {
  const world = new SimWorld();
  const others = [{ listen: "127.0.0.1:7001" }];
  const down = { faults: [{ time: "0s..1h", down: true }] };
  const servers = await createRecoveryServer(
    { feed, recovery: { ...recovery, ...down, others } },
    { world },
  );
  await using listener = await createListener(
    { lines, recovery: { ...recovery, others }, listen: { start: 1 } },
    { world },
  );
  await using publisher = await createFeed({ feed: { ...feed, first: 3 }, lines }, { world });
  publisher.start();
  const rest = Promise.withResolvers<void>();
  listener.onProgress = () => {
    if (listener.next === 25) rest.resolve();
  };
  await world.until(Promise.all([publisher.done, rest.promise]));
  assertEquals([servers.answered, servers.others.map(({ answered }) => answered)], [0, [2]]);
  await world.until(servers.close());
  // Both places are free again.
  for (const listen of ["127.0.0.1:7000", "127.0.0.1:7001"]) {
    await using again = await createRecoveryServer({ feed, recovery: { listen } }, { world });
    assertEquals(again.connections, 0);
  }
});

test("one of several recovery servers that cannot be had leaves none behind", async () => {
  const world = new SimWorld();
  const taken = { listen: "127.0.0.1:7001" };
  await using other = await createRecoveryServer({ feed, recovery: taken }, { world });
  const both = { ...recovery, others: [taken] };
  await assertRejects(() => createRecoveryServer({ feed, recovery: both }, { world }), UserError);
  await using free = await createRecoveryServer({ feed, recovery }, { world });
  assertEquals([other.connections, free.connections], [0, 0]);
});

test("who follows by SoupBinTCP is told that the session is over, if the feed says so", async () => {
  for (const end of [true, false]) {
    const world = new SimWorld();
    const mold = { ...feed, protocol: "moldudp64" as const };
    const ending = end ? { end_of_session: { count: 1 } } : {};
    const publisher = await createFeed(
      { feed: { ...mold, ...ending }, lines, recovery: { ...recovery, protocol: "soupbintcp" } },
      { world },
    );
    publisher.start();
    const codec = soupRecovery.create(soupRecovery.options.parse({}), { epochMs: 0 });
    const client = clientOf(codec);
    const told: unknown[] = [];
    const over = Promise.withResolvers<void>();
    const connection = world.transport.connect(
      { host: "127.0.0.1", port: 7000 },
      {
        opened: () => {
          connection.write(client.dialogue.ask(1, { session: "", from: 3, until: 1e9 }));
        },
        received: (_connection, bytes) => void told.push(...client.feed(bytes.slice())),
        ended: () => over.resolve(),
        closed: () => {},
      },
    );
    const later = new Promise<void>((resolve) => void world.clock.at(1e9, resolve));
    await world.until(Promise.race([over.promise, later]));
    const seqs = told.filter((call) => (call as unknown[])[0] === "message").length;
    const answered = told.filter((call) => (call as unknown[])[0] === "answered").length;
    // SEQ:1 was there when it came, SEQ:3 was not: it is sent whatever comes next.
    assertEquals([seqs, answered], [21, end ? 1 : 0]);
    connection.destroy();
    await world.until(Promise.resolve(publisher[Symbol.asyncDispose]()));
  }
});

test("wrong input is one error that names the key, the value and the remedy", async () => {
  await assertRejects(
    () => createFeed({ feed: { messages: 1, rate: "500" }, lines }),
    UserError,
    'createFeed: feed.rate: "500" has no unit: write 500/s',
  );
  await assertRejects(
    () => createRecoveryServer({ feed }),
    UserError,
    "createRecoveryServer: recovery is missing: add { listen: host:port }",
  );
});

test("a feed's timeline is staged as in a scenario", async () => {
  const world = new SimWorld();
  const told: string[] = [];
  const delivered: string[] = [];
  await using publisher = await createFeed(
    {
      // One message each 5 ms: SEQ:n is due at 5(n - 1) ms, and 20 ms later from SEQ:7 on.
      feed,
      lines,
      recovery,
      impair: [{ name: "all", drop: { seq: "2..3" } }],
      timeline: [
        { at: "0s", do: "impair.off", rule: "all", for: "6ms" }, // SEQ:2 is not lost
        { at: "msg 7", do: "feed.pause", for: "20ms" },
        { at: "60ms", do: "line.down", line: "A", for: "10ms" }, // SEQ:9 and 10
        { at: "62ms", do: "recovery.restart", down: "30ms" },
      ],
    },
    { world, observe: ({ event, atNs }) => told.push(`${event} ${atNs / 1e6}ms`) },
  );
  await using listener = await createListener(
    { lines, recovery },
    { world, deliver: ({ seq, via }) => delivered.push(`${seq} ${via}`) },
  );
  publisher.start();
  const rest = Promise.withResolvers<void>();
  listener.onProgress = () => {
    if (listener.next === 23) rest.resolve();
  };
  await world.until(Promise.all([publisher.done, rest.promise]));
  assertEquals(
    delivered.filter((text) => text.endsWith("recovery")),
    ["3 recovery", "9 recovery", "10 recovery"],
  );
  assertEquals(
    told.filter((text) => text.startsWith("dropped") || text.startsWith("recovery-")),
    ["dropped 10ms", "dropped 60ms", "recovery-down 62ms", "dropped 65ms", "recovery-up 92ms"],
  );
});

test("what a timeline names and is not there is one error", async () => {
  const cases = [
    [{ at: "1s", do: "line.down", line: "B", for: "1s" }, 'timeline[0].line: no line "B"'],
    [{ at: "1s", do: "recovery.restart", down: "1s" }, "timeline[0].do: there is no recovery"],
    [{ at: "1s", do: "listen.pause", for: "1s" }, "timeline[0]: there is no listener in a feed"],
  ] as const;
  for (const [entry, message] of cases) {
    await assertRejects(
      () => createFeed({ feed, lines, timeline: [entry] }),
      UserError,
      `createFeed: ${message}`,
    );
  }
});
