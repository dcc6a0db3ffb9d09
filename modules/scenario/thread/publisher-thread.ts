/** The publisher's end of a thread: publishes what it is told to, and tells in batches how that goes. */
import { createView } from "../../codecs/codec.ts";
import { invariant } from "../../core/errors.ts";
import { MILLISECOND, type Nanos } from "../../core/time.ts";
import type { Publisher } from "../../nodes/publisher.ts";
import { MemoryStore } from "../../stores/memory.ts";
import type { World } from "../../worlds/world.ts";
import { feedParts, openPublisher } from "../open.ts";
import { isIntact } from "../recorder.ts";
import { stage } from "../stage.ts";
import { Batch } from "./batch.ts";
import { publishingWorld } from "./flow.ts";
import { failureOf } from "./line.ts";
import { fromPortable } from "./portable.ts";
import type { FromPublisher, Hands, PublisherTask, ToPublisher } from "./talk.ts";

/** How often what happened is told. */
const BATCH_INTERVAL: Nanos = 20 * MILLISECOND;

/** Plays the part of a publisher in a world: takes what it is told, and posts what there is to tell. */
export function playPublisher(
  world: World,
  hands: Hands<FromPublisher>,
): (message: unknown) => void {
  const batch = new Batch();
  let publisher: Publisher | undefined;
  let ended = false;
  const tell = (): void => {
    if (publisher === undefined) return;
    const { counts, lines } = publisher;
    const told = lines.map(({ packets, messages, last }) => ({ packets, messages, last }));
    hands.post({ say: "batch", batch: batch.take({ lines: told, counts }) });
  };
  const tellPace = (): void => {
    if (publisher === undefined) return;
    hands.post({ say: "pace", pace: publisher.plainPace });
  };
  const tellOn = (): void => {
    if (ended) return;
    tell();
    world.clock.at(world.clock.now() + BATCH_INTERVAL, tellOn);
  };
  const end = (say: "done" | "halted"): void => {
    tell();
    tellPace();
    if (say === "done") ended = true;
    hands.post({ say });
  };
  const open = async (task: PublisherTask): Promise<void> => {
    publisher = await openTask(world, task, batch, hands);
    hands.post({ say: "opened", sendBuffers: publisher.lines.map(({ sendBuffer }) => sendBuffer) });
  };
  const start = (at: Nanos | undefined): void => {
    invariant(publisher !== undefined, "a publisher was started that is not open");
    publisher.start(at);
    void publisher.done.then(() => end("done"));
    tellOn();
  };
  const halt = async (): Promise<void> => {
    ended = true;
    await publisher?.close();
    end("halted");
  };
  const failed = (error: unknown): void => hands.post({ say: "failed", failure: failureOf(error) });
  return (message) => {
    const told = message as ToPublisher;
    if (told.say === "open") open(told.task).catch(failed);
    else if (told.say === "start") start(told.at);
    else if (told.say === "pace") tellPace();
    else halt().catch(failed);
  };
}

function openTask(
  world: World,
  { feed, seed, memory, flow, observePackets, tellLeft }: PublisherTask,
  batch: Batch,
  hands: Hands<FromPublisher>,
): Promise<Publisher> {
  const { scenario } = stage(
    fromPortable(feed, (folder) => hands.openIn(folder)),
    seed,
  );
  const parts = feedParts(scenario, seed, world.clock.epochMs);
  const store = new MemoryStore(parts.first, memory.retainMax, memory);
  const codec = parts.protocol.packets;
  const view = createView(codec.messagesMax);
  const own = flow === undefined ? world : publishingWorld(world, flow, scenario.lines);
  return openPublisher(own, scenario, parts, store, seed, {
    observe: (event) => batch.onEvent(event),
    observePackets,
    touched: (...hit) => batch.onTouched(...hit),
    met: (entry) => batch.onMet(entry),
    left: tellLeft
      ? (line, packet) => {
          if (!isIntact(packet, codec, view)) return;
          batch.onLeft(line, packet.seq, packet.seq + packet.count);
        }
      : undefined,
  });
}
