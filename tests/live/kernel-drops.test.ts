import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { openLiveWorld } from "../../modules/worlds/live.ts";

const FLOOD = fileURLToPath(new URL("../support/flood.ts", import.meta.url));
const runs = "Deno" in globalThis ? ["run", "-A"] : [];

test(
  "what nobody reads in time is counted as dropped by the system",
  { skip: process.platform !== "linux" ? "only Linux keeps this count" : false, timeout: 20_000 },
  async () => {
    const world = openLiveWorld();
    const [x, y] = crypto.getRandomValues(new Uint8Array(2));
    const group = { host: `239.255.${x}.${y}`, port: 30_000 + ((x! << 5) ^ y!) };
    const line = { group, interface: "lo", ttl: 1 };
    const sent = 12_000;
    const all = Promise.withResolvers<void>();
    let received = 0;
    const subscription = await world.transport.subscribe(line, () => {
      received++;
      const drops = subscription.kernelDrops() ?? 0;
      if (received + drops === sent) all.resolve();
    });
    assertEquals(subscription.kernelDrops(), 0);
    // We stand still until it is over, so all that does not fit into the buffer is lost.
    const { status } = spawnSync(process.execPath, [
      ...runs,
      FLOOD,
      group.host,
      String(group.port),
      String(sent),
    ]);
    assertEquals(status, 0);
    await all.promise;
    assert(subscription.kernelDrops()! > 0);
    await subscription.close();
  },
);
