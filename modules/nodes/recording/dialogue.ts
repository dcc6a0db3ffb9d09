import type { Conversation, Side } from "../../captures/conversation.ts";
import type { CaptureWriter } from "../../captures/writer.ts";
import type { Clock } from "../../core/time.ts";
import type { Endpoint } from "../../core/units.ts";
import type { Dialogue } from "./connection.ts";

/** A byte stream, as segments of TCP. */
export function streamDialogue(clock: Clock, conversation: Conversation): Dialogue {
  const now = (): number => clock.now();
  return {
    opened: () => conversation.opened(now()),
    refused: () => conversation.refused(now()),
    said: (by, bytes) => conversation.data(now(), by, bytes),
    ended: (by) => conversation.ended(now(), by),
    broken: (by) => conversation.reset(now(), by),
  };
}

/** Datagrams, of which the network knows nothing but that they come. */
export function datagramDialogue(
  clock: Clock,
  writer: CaptureWriter,
  line: number,
  client: Endpoint,
  server: Endpoint,
): Dialogue {
  const nothing = (): void => {};
  return {
    opened: nothing,
    refused: nothing,
    said: (by: Side, bytes: Uint8Array) => {
      const [from, to] = by === "client" ? [client, server] : [server, client];
      writer.udp(line, clock.now(), from, to, bytes);
    },
    ended: nothing,
    broken: nothing,
  };
}
