/** One thread writes a store as fast as it can, and another reads it: what is read is what was written. */
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { assert, assertEquals } from "@std/assert";
import { MemoryReader } from "../../modules/stores/memory-reader.ts";
import { createSharedMemory } from "../../modules/stores/shared-memory.ts";
import { messageOf } from "../support/store-conformance.ts";

const MESSAGES = 2_000_000;

const text = new TextDecoder();

for (const retain of [500, 20_000, MESSAGES]) {
  void test(
    `of ${retain} messages none is read that was overwritten`,
    { timeout: 20_000 },
    async () => {
      const memory = createSharedMemory(1, retain);
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const writer = new Worker(new URL("../support/memory-writer.ts", import.meta.url), {
        workerData: { memory, stop },
      });
      try {
        const broken = new Promise<never>((_resolve, reject) => writer.once("error", reject));
        const reader = new MemoryReader(memory);
        const wanted = Array.from({ length: 1000 }, (_, i) => text.decode(messageOf(i)));
        let read = 0;
        const check = (): void => {
          const { next } = reader;
          // It goes on meanwhile.
          const { first } = reader;
          assert(next - first <= retain, `${first} to ${next}`);
          for (const from of [first, Math.floor((first + next) / 2), next - 10]) {
            let seq = 0;
            reader.read({ from, until: from + 2000 }, (at, message) => {
              assert(at >= from && (seq === 0 || at === seq), `${at} after ${seq}`);
              assertEquals(text.decode(message), wanted[at % 1000]);
              seq = at + 1;
              read++;
              return true;
            });
          }
        };
        while (reader.next < MESSAGES) {
          check();
          // Its start, and how it fails, are told by the event loop.
          await Promise.race([broken, new Promise((resolve) => setTimeout(resolve))]);
        }
        assert(read > 0);
      } finally {
        Atomics.store(stop, 0, 1);
        await writer.terminate();
      }
    },
  );
}
