import type { Cancel, Nanos } from "../core/time.ts";
import type { ListenerNode } from "../nodes/listener.ts";
import type { World } from "../worlds/world.ts";
import type { StagedEntry } from "./stage.ts";

/** Lets the listener read nothing when the timeline says so, if it has come by then. */
export function listenPauses(
  { clock }: World,
  listener: () => ListenerNode | undefined,
  entries: readonly StagedEntry[],
  startedNs: Nanos,
  met: (entry: number) => void,
): Cancel[] {
  return entries.flatMap(({ name, effect, from, until }, entry) => {
    if (effect.kind !== "listen-pause") return [];
    return [
      clock.at(startedNs + from, () => {
        const node = listener();
        if (node === undefined) return;
        met(entry);
        node.pause(name);
      }),
      clock.at(startedNs + until, () => listener()?.resume(name)),
    ];
  });
}
