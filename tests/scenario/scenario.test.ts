import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { FeedEvent } from "../../modules/core/events.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { Transport, World } from "../../modules/worlds/world.ts";

/** A scenario with these keys on its line, and these beside it. */
function text(line: string, more = ""): string {
  return `feedlab: 1
name: keys
feed: { messages: 20, rate: 100/s }
lines: { A: { group: 239.192.1.1:6000${line} } }
${more}`;
}

function messages(source: string): string[] {
  return loadScenario(source, "x.yaml").problems.map(({ message }) => message);
}

function loaded(source: string): Scenario {
  const { scenario, problems } = loadScenario(source, "x.yaml");
  assertEquals(problems, []);
  return scenario!;
}

test("a line asks for a send buffer of a size, and for none unless it is told to", () => {
  assertEquals(loaded(text("")).feeds[0].lines[0]!.sendBuffer, undefined);
  assertEquals(loaded(text(", send_buffer: 4MiB")).feeds[0].lines[0]!.sendBuffer, 4 * 2 ** 20);
  assertEquals(messages(text(", send_buffer: 4")), ['"4" has no unit: write 4 bytes']);
  assertEquals(messages(text(", send_buffer: 1 byte")), [
    '"1 byte" is too small: write 4096 or more',
  ]);
});

test("a listener asks for a receive buffer of a size, and for none unless it is told to", () => {
  assertEquals(loaded(text("")).feeds[0].handlers[0].listen.receive_buffer, undefined);
  const given = loaded(text("", "listen: { receive_buffer: 8MiB }"));
  assertEquals(given.feeds[0].handlers[0].listen.receive_buffer, 8 * 2 ** 20);
  assertEquals(messages(text("", "listen: { receive_buffer: 8M }")), [
    '"8M" is not a size: write 1400 bytes or 64KiB',
  ]);
});

test("every line is joined with that buffer, and a line that gets less says so", async () => {
  const world = bound(new SimWorld());
  const { transport } = world;
  const asked: (number | undefined)[] = [];
  const stingy: Transport = {
    ...transport,
    subscribe: async (line, receive) => {
      asked.push(line.receiveBuffer);
      const subscription = await transport.subscribe(line, receive);
      return { ...subscription, shortfall: "less was granted" };
    },
  };
  const told: FeedEvent[] = [];
  const scenario = loaded(text("", "listen: { receive_buffer: 64KiB }"));
  await runScenario(
    scenario,
    { ...world, transport: stingy },
    { seed: "7", observe: (event) => told.push(event) },
  );
  assertEquals(asked, [64 * 1024]);
  assertEquals(
    told.filter(({ event }) => event === "buffer-short"),
    [{ event: "buffer-short", atNs: 0, line: "A", side: "receive", reason: "less was granted" }],
  );
});

/** A world whose parts can be laid over each other. */
function bound(world: World): World {
  const { clock, transport } = world;
  return {
    clock,
    transport: {
      publish: (...given) => transport.publish(...given),
      subscribe: (...given) => transport.subscribe(...given),
      listen: (...given) => transport.listen(...given),
      connect: (...given) => transport.connect(...given),
    },
    until: (done) => world.until(done),
  };
}

test("in virtual time no buffer changes anything", async () => {
  const [without, withOne] = await Promise.all(
    [text(""), text(", send_buffer: 64KiB", "listen: { receive_buffer: 64KiB }")].map((source) =>
      runScenario(loaded(source), new SimWorld(), { seed: "7" }),
    ),
  );
  assertEquals(withOne, without);
});

test("a line's source is an address, and one that something can come from", () => {
  assertEquals(loaded(text(", source: 127.0.0.1")).feeds[0].lines[0]!.source, "127.0.0.1");
  assertEquals(
    loaded(text(", source: 10.0.0.1, interface: eth0")).feeds[0].lines[0]!.source,
    "10.0.0.1",
  );
  assertEquals(messages(text(", source: localhost")), [
    '"localhost" has no IPv4 address: write four numbers from 0 to 255, like 10.0.0.1',
  ]);
  assertEquals(messages(text(", source: 10.0.0.1")), [
    "what is published on lo comes from 127.0.0.1: from 10.0.0.1 nothing comes",
  ]);
  assertEquals(messages(text(", source: 10.0.0.1, interface: 10.0.0.2")), [
    "what is published on 10.0.0.2 comes from 10.0.0.2: from 10.0.0.1 nothing comes",
  ]);
});

test("in virtual time a source is heard as it would be on sockets", async () => {
  const received = async (line: string): Promise<number> => {
    const { scenario } = loadScenario(text(line), "x.yaml");
    const [run] = await runScenario(scenario!, new SimWorld(), { seed: "7" });
    return run.lines[0]!.packetsReceived;
  };
  assertEquals(await received(", source: 127.0.0.1"), 20);
  assertEquals(await received(", source: 10.0.0.1"), 0);
  // Nobody knows the address of its interface here.
  assertEquals(await received(", source: 10.0.0.1, interface: eth0"), 20);
});
