/** Threads of this program, on Bun, Deno and Node. */
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { reasonOf } from "../core/errors.ts";
import type { Thread, ThreadEvents, Threads, TransportChoice } from "./world.ts";

/** With fewer cores, a thread that waits precisely would only take time from the others. */
const CORES_MIN = 2;

/** What a thread needs to act in the same world: the clock's zero, and how packets travel. */
export interface ThreadWorld {
  readonly epochMs: number;
  /** As in `LiveClock`. */
  readonly zeroMs: number;
  readonly transport: TransportChoice;
}

/** Threads that begin with the file `entry`, which is given the `ThreadWorld` as its `workerData`. */
export class LiveThreads implements Threads {
  readonly #entry: URL;
  readonly #world: ThreadWorld;

  constructor(entry: URL, world: ThreadWorld) {
    this.#entry = entry;
    this.#world = world;
  }

  async start(events: ThreadEvents): Promise<Thread | string> {
    if (availableParallelism() < CORES_MIN) return "this machine has one core";
    try {
      const { Worker } = await import("node:worker_threads");
      return await begin(new Worker(this.#entry, { workerData: this.#world }), events);
    } catch (error) {
      return `threads cannot be had: ${reasonOf(error)}`;
    }
  }
}

/** Resolves when the thread has said its first word, whatever that is; rejects when it ends before. */
function begin(worker: Worker, events: ThreadEvents): Promise<Thread> {
  return new Promise((resolve, reject) => {
    let ended = false;
    let fail = reject;
    const broken = (error: unknown): void => {
      if (!ended) fail(error);
      ended = true;
    };
    worker.on("error", broken);
    worker.on("exit", () => broken(new Error("the thread has ended")));
    worker.once("message", () => {
      fail = (error) => events.failed(error);
      worker.on("message", (message) => events.received(message));
      resolve({
        post: (message) => worker.postMessage(message),
        close: async () => {
          ended = true;
          await worker.terminate();
        },
      });
    });
  });
}
