import type { Cancel, Nanos } from "../core/time.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import type { World } from "../worlds/world.ts";
import type { StagedEntry } from "./stage.ts";

/** Takes the recovery server away when the timeline says so; `failed` when it cannot come back. */
export function restarts(
  { clock }: World,
  server: RecoveryNode,
  entries: readonly StagedEntry[],
  startedNs: Nanos,
  met: (entry: number) => void,
  failed: (reason: unknown) => void,
): Cancel[] {
  return entries.flatMap(({ effect, from, until }, entry) => {
    if (effect.kind !== "recovery-down") return [];
    return [
      clock.at(startedNs + from, () => {
        met(entry);
        server.suspend();
      }),
      clock.at(startedNs + until, () => void server.resume().catch(failed)),
    ];
  });
}
