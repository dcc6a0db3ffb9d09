import type { FeedEvent } from "../core/events.ts";
import { formatRange, type Seq } from "../core/seq.ts";
import { formatDuration, plural } from "../core/units.ts";
import type { Paint } from "./paint.ts";

/** Numbers count on from session to session, where those on the wire begin again. */
function countedFrom({ first, from }: { readonly first: Seq; readonly from: Seq }): string {
  return first === from ? ` with SEQ:${first}` : ` with SEQ:${first}, counted here as ${from}`;
}

/**
 * The terminal's line for an event, or undefined for what the terminal does not tell. The wording
 * of the demo that feedlab descends from is kept to the letter; other programs read it.
 */
export function lineOf(event: FeedEvent, paint: Paint): string | undefined {
  switch (event.event) {
    case "sent":
      return paint.good(`Sent: ${event.text}`);
    case "dropped":
      return paint.warn(`Dropped packet SEQ:${formatRange(event)}`);
    case "send-failed":
      return paint.bad(`❌ Could not send on line ${event.line}: ${event.reason}`);
    case "buffer-short":
      return paint.warn(`⚠️ Line ${event.line}: ${event.reason}`);
    case "received":
      return paint.good(`Received: ${event.text}`);
    case "malformed":
      return paint.bad(`❌ Malformed packet (${event.fault}): ${event.text}`);
    case "gap":
      return event.recovery
        ? undefined
        : paint.warn(`⚠️ Missing packet(s)! SEQ:${formatRange(event)}, and no recovery server`);
    case "asking":
      return event.attempt > 1
        ? undefined
        : paint.warn(
            `⚠️ Missing packet(s)! Requesting SEQ:${formatRange(event)} from recovery server...`,
          );
    case "requested":
      return paint.ask(`Sending recovery request: ${event.text}`);
    case "recovered":
      return paint.good(`✅ Recovered: ${event.text}`);
    case "recovery-failed":
      return paint.bad(
        `❌ Failed to recover SEQ:${formatRange(event)} due to error: ${event.reason}`,
      );
    case "recovery-unreachable":
      return paint.bad("❌ Could not connect to recovery server.");
    case "lost":
      return paint.bad(`❌ No data received for SEQ:${formatRange(event)}`);
    case "request":
      return paint.ask(`Received request: ${event.text}`);
    case "refused":
      return paint.bad(`❌ Refused ${event.peer}: ${event.reason}`);
    case "fault":
      return paint.warn(`⚠️ Fault "${event.fault}" strikes ${event.peer}`);
    case "snapshot-asked":
      return event.attempt > 1 ? undefined : paint.ask("Asking for a snapshot...");
    case "snapshot-failed":
      return paint.warn(`⚠️ No snapshot (attempt ${event.attempt}): ${event.reason}`);
    case "snapshot-loaded":
      return paint.good(
        `✅ Snapshot of ${plural(event.messages, "message")}, going on with SEQ:${event.next}`,
      );
    case "snapshot-given-up":
      return paint.bad(
        `❌ No snapshot: ${event.reason}; going on with SEQ:${event.next}` +
          (event.recovery ? ", and asking for what came before" : ""),
      );
    case "snapshot-request":
      return paint.ask(`Received request for a snapshot: ${event.text}`);
    case "snapshot-sent":
      return paint.good(
        `Sent a snapshot of ${plural(event.messages, "message")}, SEQ:${event.next} is next`,
      );
    case "snapshot-refused":
      return paint.bad(`❌ Refused ${event.peer} a snapshot: ${event.reason}`);
    case "recovery-down":
      return paint.warn("⚠️ Recovery server goes down");
    case "recovery-up":
      return paint.good("Recovery server answers again");
    case "listener-paused":
      return paint.warn("⚠️ Listener stops reading");
    case "listener-resumed":
      return paint.good("Listener reads again");
    case "overflowed":
      return paint.warn(
        `⚠️ Line ${event.line}: no room for SEQ:${formatRange(event)}, nobody reads`,
      );
    case "began-again":
      return paint.warn(
        `⚠️ Line ${event.line} began again at SEQ:${event.from}, but SEQ:${event.next} is next: ` +
          `if the feed was restarted, restart the listener`,
      );
    case "session-began":
      return paint.warn(`Session ${event.session} begins${countedFrom(event)}`.replace("  ", " "));
    case "line-silent":
      return paint.warn(
        `⚠️ Line ${event.line} has been silent for ${formatDuration(event.atNs - event.sinceNs)}`,
      );
    case "line-back":
      return paint.good(
        `Line ${event.line} is back after ${formatDuration(event.atNs - event.sinceNs)}`,
      );
    case "store-continued":
      return continued(event, paint);
    case "duplicate":
    case "delivered":
    case "filled":
    case "feed-ended":
      return undefined;
  }
}

function continued(
  { session, first, next, torn }: FeedEvent & { readonly event: "store-continued" },
  paint: Paint,
): string {
  const has = first === next ? "no messages" : `SEQ:${formatRange({ from: first, until: next })}`;
  const of = session === "" ? "" : ` of session ${session}`;
  const line = `Going on with SEQ:${next}${of}: the store has ${has}`;
  if (torn === undefined) return line;
  const { messages, within, cutBytes } = torn;
  const cut = cutBytes === 0 ? "" : `; ${plural(cutBytes, "byte")} of a torn tail were cut off`;
  const most = `up to ${plural(messages, "message")} of the last ${formatDuration(within)}`;
  const lost = messages === 0 ? "nothing that was sent" : most;
  return paint.warn(`⚠️ ${line}; it was not closed: lost is ${lost}${cut}`);
}
