/** The recovery servers' end of a thread: answers from shared memory, and tells what it was asked. */
import type { FeedEvent } from "../../core/events.ts";
import { type Cancel, MILLISECOND, type Nanos } from "../../core/time.ts";
import { MemoryReader } from "../../stores/memory-reader.ts";
import type { World } from "../../worlds/world.ts";
import { feedParts } from "../open.ts";
import { RecoveryServers } from "../recovery-servers.ts";
import { stage, type StagedEntry } from "../stage.ts";
import { failureOf } from "./line.ts";
import { fromPortable } from "./portable.ts";
import type { FromRecovery, Hands, RecoveryTask, ToRecovery } from "./talk.ts";

/** How soon something that happened is told, with all that happens until then. */
const BATCH_INTERVAL: Nanos = 5 * MILLISECOND;

/** Plays the part of a feed's recovery servers in a world. */
export function playRecovery(world: World, hands: Hands<FromRecovery>): (message: unknown) => void {
  let events: FeedEvent[] = [];
  let met: number[] = [];
  let alarm: Cancel | undefined;
  let servers: RecoveryServers | undefined;
  let entries: readonly StagedEntry[] = [];
  const nodes: { close(): Promise<void> }[] = [];
  const tell = (): void => {
    alarm?.();
    alarm = undefined;
    hands.post({ say: "batch", events, met, faults: servers?.faults ?? [] });
    events = [];
    met = [];
  };
  const soon = (): void => {
    alarm ??= world.clock.at(world.clock.now() + BATCH_INTERVAL, tell);
  };
  const failed = (error: unknown): void => hands.post({ say: "failed", failure: failureOf(error) });
  const open = async ({ feed, seed, memory }: RecoveryTask): Promise<void> => {
    const staged = stage(
      fromPortable(feed, (folder) => hands.openIn(folder)),
      seed,
    );
    const { scenario } = staged;
    ({ entries } = staged);
    servers = await RecoveryServers.open(world, scenario.recovery, {
      parts: feedParts(scenario, seed, world.clock.epochMs),
      store: new MemoryReader(memory),
      seed,
      lines: scenario.lines,
      observe: (event) => {
        events.push(event);
        soon();
      },
      opened: async (node) => {
        const ready = await node;
        nodes.push(ready);
        return ready;
      },
    });
    hands.post({ say: "opened" });
  };
  const start = (at: Nanos): void => {
    const onMet = (entry: number): void => {
      met.push(entry);
      soon();
    };
    servers?.start(at, entries, onMet, failed);
  };
  const halt = (): void => {
    tell();
    hands.post({ say: "halted" });
  };
  const close = async (): Promise<void> => {
    for (const node of nodes) await node.close();
    tell();
    hands.post({ say: "closed" });
  };
  return (message) => {
    const told = message as ToRecovery;
    if (told.say === "open") open(told.task).catch(failed);
    else if (told.say === "start") start(told.at);
    else if (told.say === "ended") servers?.endOfSession();
    else if (told.say === "unreachable") servers?.onUnreachable(told.reason, told.atNs);
    else if (told.say === "requested") servers?.onRequested(told.atNs);
    else if (told.say === "halt") halt();
    else close().catch(failed);
  };
}
