import { deferred } from "../core/deferred.ts";
import { EXIT, type ExitCode } from "../core/errors.ts";
import type { Nanos } from "../core/time.ts";
import type { World } from "../worlds/world.ts";
import type { Shell } from "./shell.ts";

/** What ends a command. */
export interface Ending {
  /** The work is done. */
  readonly done: Promise<void>;
  /** The time is over, when it has an end. */
  readonly duration?: Nanos | undefined;
  /** Called as soon as a Ctrl-C ends the command in good order. */
  readonly ready: () => void;
}

/** Waits for the first of: the work is done, its time is over, the user wants to end it. */
export async function untilEnd(
  world: World,
  shell: Shell,
  { done, duration, ready }: Ending,
): Promise<ExitCode> {
  const { promise: timeOver, resolve } = deferred();
  const cancel =
    duration === undefined ? () => {} : world.clock.at(world.clock.now() + duration, resolve);
  const ended = Promise.race([
    done.then(() => EXIT.ok),
    timeOver.then(() => EXIT.ok),
    shell.interrupted.then(() => EXIT.interrupted),
  ]);
  ready();
  const code = await world.until(ended);
  cancel();
  return code;
}
