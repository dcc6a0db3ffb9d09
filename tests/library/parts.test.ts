import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import { createFeed, createListener, createRecoveryServer } from "../../modules/library/parts.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

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
