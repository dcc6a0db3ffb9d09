import { deferred } from "../core/deferred.ts";
import { EXIT, type ExitCode } from "../core/errors.ts";
import type { Nanos } from "../core/time.ts";
import type { World } from "../worlds/world.ts";
import type { Shell } from "./shell.ts";

/** Waits for the first of: the work is done, its time is over, the user wants to end it. */
export async function untilEnd(
  world: World,
  shell: Shell,
  done: Promise<void>,
  duration?: Nanos,
): Promise<ExitCode> {
  const { promise: timeOver, resolve } = deferred();
  const cancel =
    duration === undefined ? () => {} : world.clock.at(world.clock.now() + duration, resolve);
  const code = await world.until(
    Promise.race([
      done.then(() => EXIT.ok),
      timeOver.then(() => EXIT.ok),
      shell.interrupted.then(() => EXIT.interrupted),
    ]),
  );
  cancel();
  return code;
}
