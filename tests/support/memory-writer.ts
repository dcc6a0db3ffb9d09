/** A thread that appends to shared memory until it is told to stop: `workerData` is what it needs. */
import { workerData } from "node:worker_threads";
import { MemoryStore } from "../../modules/stores/memory.ts";
import type { SharedMemory } from "../../modules/stores/shared-memory.ts";
import { blockOf } from "./block-of.ts";
import { messageOf } from "./store-conformance.ts";

/** What the thread is given. */
export interface MemoryWriting {
  readonly memory: SharedMemory;
  /** Anything but zero ends it. */
  readonly stop: Int32Array;
}

const { memory, stop } = workerData as MemoryWriting;
const store = new MemoryStore(1, memory.retainMax, memory);
const messages = Array.from({ length: 1000 }, (_, i) => messageOf(i));
while (Atomics.load(stop, 0) === 0) {
  for (let i = 0; i < 20; i++) store.append(store.next, blockOf(messages[store.next % 1000]!));
  store.flush();
}
