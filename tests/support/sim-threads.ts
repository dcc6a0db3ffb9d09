/** Threads in virtual time: what is posted is copied as between real ones, and all share one clock. */
import { openIn } from "../../modules/commands/open-in.ts";
import { noFiles } from "../../modules/scenario/files.ts";
import { playPart } from "../../modules/scenario/thread/part.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { ThreadEvents, Threads, World } from "../../modules/worlds/world.ts";

/** A world in virtual time that has threads. */
export class ThreadedSim extends SimWorld implements World {
  /** The latest thread, to be broken by a test. */
  latest: ThreadEvents | undefined;
  /** How many threads were started and not closed. */
  open = 0;
  /** Why there are none, if a test wants none. */
  refusal: string | undefined;
  readonly threads: Threads = {
    start: (events) => {
      if (this.refusal !== undefined) return Promise.resolve(this.refusal);
      this.latest = events;
      this.open++;
      let closed = false;
      const later = (run: () => void): void => {
        void Promise.resolve().then(() => {
          if (!closed) run();
        });
      };
      const play = playPart({
        world: () => this,
        post: (message) => {
          const copy: unknown = structuredClone(message);
          later(() => events.received(copy));
        },
        openIn: (folder) => (folder === undefined ? noFiles : openIn(folder)),
      });
      return Promise.resolve({
        post: (message) => {
          const copy: unknown = structuredClone(message);
          later(() => play(copy));
        },
        close: () => {
          if (!closed) this.open--;
          closed = true;
          return Promise.resolve();
        },
      });
    },
  };
}
