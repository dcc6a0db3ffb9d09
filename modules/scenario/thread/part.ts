/** What a thread does: it waits for its task, and then plays that part. */
import { invariant } from "../../core/errors.ts";
import type { World } from "../../worlds/world.ts";
import { playPublisher } from "./publisher-thread.ts";
import { playRecovery } from "./recovery-thread.ts";
import type { Hands, ToPublisher, ToRecovery } from "./talk.ts";

/** What a part is played with. */
export interface Stagehand extends Hands {
  /** The world, `precise` for whoever has nothing to do but to be punctual. */
  world(precise: boolean): World;
}

/** Takes what the thread is told, from its task on. */
export function playPart(stagehand: Stagehand): (message: unknown) => void {
  let play: ((message: unknown) => void) | undefined;
  return (message) => {
    if (play === undefined) {
      const told = message as ToPublisher | ToRecovery;
      invariant(told.say === "open", "a thread was told something before its task");
      play =
        told.task.role === "publisher"
          ? playPublisher(stagehand.world(true), stagehand)
          : playRecovery(stagehand.world(false), stagehand);
    }
    play(message);
  };
}
