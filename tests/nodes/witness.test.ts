import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Endpoint } from "../../modules/core/units.ts";
import { Witness } from "../../modules/nodes/witness.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { World } from "../../modules/worlds/world.ts";

const LINE = { group: { host: "239.192.1.1", port: 6000 }, interface: "lo", ttl: 1 };
const of = (port: number): Endpoint => ({ host: "127.0.0.1", port });

/** Whom the witness tells of when packets come from these ports. */
async function told(...ports: (number | undefined)[]): Promise<number[][]> {
  const sim = new SimWorld();
  let hear: (bytes: Uint8Array, from?: Endpoint) => void = () => {};
  const world: World = {
    clock: sim.clock,
    until: (done) => sim.until(done),
    transport: {
      publish: (line, events) => sim.transport.publish(line, events),
      listen: (at, handler) => sim.transport.listen(at, handler),
      connect: (to, handler) => sim.transport.connect(to, handler),
      subscribe: (line, receive) => {
        hear = receive;
        return sim.transport.subscribe(line, receive);
      },
    },
  };
  const found: number[][] = [];
  const witness = new Witness(world, (_line, senders) => {
    found.push(senders.map(({ port }) => port));
  });
  const seen: (Uint8Array | undefined)[] = [];
  await witness.world.transport.subscribe(LINE, () => seen.push(witness.bytes));
  const bytes = new Uint8Array([1]);
  for (const port of ports) hear(bytes, port === undefined ? undefined : of(port));
  assertEquals(
    seen,
    ports.map(() => bytes),
  );
  assertEquals(witness.bytes, undefined);
  return found;
}

test("one sender, or one that was started again, is one", async () => {
  assertEquals(await told(1, 1, 1), []);
  assertEquals(await told(1, 1, 2, 2, 2), []);
  assertEquals(await told(undefined, undefined), []);
});

test("two that send by turns are told once", async () => {
  assertEquals(await told(1, 2, 1, 2, 1), [[1, 2]]);
});
