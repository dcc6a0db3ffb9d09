/** What only Linux's own sockets do. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { deferred } from "../../modules/core/deferred.ts";
import { createRng, type Rng } from "../../modules/core/rng.ts";
import { formatSize } from "../../modules/core/units.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import type { Batch, Sender } from "../../modules/worlds/world.ts";
import { SenderRecorder } from "../support/packet-recorder.ts";
import { aLine } from "../support/transport-conformance.ts";

const { transport } = openLiveWorld({ transport: "linux" });
const path = await transport.path!();

/** Why these tests cannot run here. */
const skip = path.name === "linux" ? false : path.reason;

const PACKETS = 200_000;
const BATCH = 256;

/** What a turn of the sender takes at most in the receiver's buffer, with room to spare. */
const BUFFER_MIN = 1024 * 1024;

void test("portable is what was asked for, and says so", async () => {
  const portable = openLiveWorld({ transport: "portable" });
  assertEquals(await portable.transport.path!(), {
    name: "portable",
    reason: "it was asked for",
  });
});

void test("auto is Linux's own where it works, and says why not elsewhere", async () => {
  assertEquals(await openLiveWorld().transport.path!(), path);
  const has = process.platform === "linux" && process.versions["bun"] !== undefined;
  if (has) assertEquals(path.name, "linux");
  assert(path.reason.length > 0);
});

for (const [what, sizeOf] of [
  ["of equal size", () => 512],
  ["of mixed sizes", (rng: Rng) => 36 + rng.below(477)],
] as const) {
  void test(
    `200,000 packets ${what}: all arrive, in order`,
    { skip, timeout: 30_000 },
    async (t) => {
      const line = { ...aLine(), receiveBuffer: 4 * BUFFER_MIN };
      const rng = createRng("linux");
      const sizes = Int32Array.from({ length: PACKETS }, () => sizeOf(rng));
      const all = deferred();
      let received = 0;
      let wrong = 0;
      const subscription = await transport.subscribe(line, (bytes) => {
        const seq = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
        if (seq !== received || bytes.length !== sizes[received]) wrong++;
        received++;
        if (received === PACKETS) all.resolve();
      });
      const granted = subscription.receiveBuffer ?? 0;
      if (granted < BUFFER_MIN) {
        await subscription.close();
        return t.skip(`a receive buffer of ${formatSize(granted)} may lose some`);
      }
      const events = new SenderRecorder();
      const sender = await transport.publish(line, events);
      for (let first = 0; first < PACKETS; first += BATCH) {
        await sendAll(sender, events, numbered(sizes.subarray(first, first + BATCH), first));
      }
      await all.promise;
      assertEquals([wrong, subscription.kernelDrops(), events.failures], [0, 0, []]);
      await sender.close();
      await subscription.close();
    },
  );
}

/** Packets of these sizes, each of which begins with its number. */
function numbered(sizes: Int32Array, first: number): Batch {
  let end = 0;
  const ends = sizes.map((size) => (end += size));
  const slab = new Uint8Array(end);
  const view = new DataView(slab.buffer);
  sizes.forEach((size, i) => view.setUint32(ends[i]! - size, first + i));
  return { slab, ends, count: sizes.length };
}

async function sendAll(sender: Sender, events: SenderRecorder, batch: Batch): Promise<void> {
  for (let sent = 0; sent < batch.count;) {
    const room = events.room();
    const start = sent === 0 ? 0 : batch.ends[sent - 1]!;
    const ends = batch.ends.subarray(sent).map((end) => end - start);
    sent += sender.send({ slab: batch.slab.subarray(start), ends, count: batch.count - sent });
    if (sent < batch.count) await room;
  }
}

for (const [side, sysctl] of [
  ["send", "wmem"],
  ["receive", "rmem"],
] as const) {
  void test(
    `a ${side} buffer is asked for, read back, and told when too small`,
    { skip },
    async () => {
      const limit = Number(readFileSync(`/proc/sys/net/core/${sysctl}_max`, "utf8"));
      const wish = 2 * limit;
      const [plain, small, large] = [await open(), await open(65_536), await open(wish)];
      assert(plain.granted! > 0);
      assertEquals([plain.shortfall, small.shortfall], [undefined, undefined]);
      assertEquals(small.granted, 65_536);
      // The administrator is granted more than sysctl says.
      if (large.granted === wish) assertEquals(large.shortfall, undefined);
      else {
        assertEquals(large.granted, limit);
        assertEquals(
          large.shortfall,
          `a ${side} buffer of ${formatSize(wish)} was asked for and ${formatSize(limit)} granted: ` +
            `raise sysctl net.core.${sysctl}_max`,
        );
      }
      for (const opened of [plain, small, large]) await opened.close();
    },
  );

  const open = async (bytes?: number): Promise<Opened> => {
    if (side === "send") {
      const line = { ...aLine(), sendBuffer: bytes };
      const sender = await transport.publish(line, new SenderRecorder());
      const { sendBuffer: granted, shortfall } = sender;
      return { granted, shortfall, close: () => sender.close() };
    }
    const line = { ...aLine(), receiveBuffer: bytes };
    const subscription = await transport.subscribe(line, () => {});
    const { receiveBuffer: granted, shortfall } = subscription;
    return { granted, shortfall, close: () => subscription.close() };
  };
}

interface Opened {
  readonly granted: number | undefined;
  readonly shortfall: string | undefined;
  close(): Promise<void>;
}
