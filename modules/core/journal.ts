/** The journals of several runs as one: what the handlers of a feed have in common is told once. */
import type { FeedEvent, ListenerEvent } from "./events.ts";
import { isAbout, type Part, type Run, type Runs } from "./run.ts";

/** An event, and whom it is about; without a handler it is of the feed, its lines and servers. */
export interface Told extends Required<Part> {
  readonly event: FeedEvent;
  readonly feed: string;
  readonly handler: string;
}

const AT_LISTENER: Readonly<Record<ListenerEvent["event"], true>> = {
  "buffer-short": true,
  received: true,
  malformed: true,
  duplicate: true,
  "listener-paused": true,
  "listener-resumed": true,
  overflowed: true,
  "began-again": true,
  "session-began": true,
  "line-silent": true,
  "line-back": true,
  delivered: true,
  gap: true,
  filled: true,
  lost: true,
  asking: true,
  requested: true,
  recovered: true,
  "recovery-failed": true,
  "recovery-unreachable": true,
  "snapshot-asked": true,
  "snapshot-failed": true,
  "snapshot-loaded": true,
  "snapshot-given-up": true,
};

/** Whether a listener tells of it, and not the publisher or a server. */
export function isOfListener(event: FeedEvent): event is ListenerEvent {
  if (event.event === "buffer-short") return event.side === "receive";
  return Object.hasOwn(AT_LISTENER, event.event);
}

/** All events feed by feed, those of each journal in its order. */
export function eventsOf(runs: Runs): Told[] {
  const feeds = [...new Set(runs.map(({ feed }) => feed))];
  return feeds.flatMap((feed) =>
    merged(
      feed,
      runs.filter((run) => isAbout({ feed }, run)),
    ),
  );
}

/** What is common to all has the same order in each journal: up to it goes what each has alone. */
function merged(feed: string, runs: readonly Run[]): Told[] {
  const told: Told[] = [];
  const heads = runs.map(() => 0);
  for (;;) {
    for (const [i, { journal, handler = "" }] of runs.entries()) {
      for (let event = journal[heads[i]!]; event !== undefined && isOfListener(event);) {
        told.push({ event, feed, handler });
        event = journal[++heads[i]!];
      }
    }
    // A journal that was full ends before the others.
    const common = runs.flatMap(({ journal }, i) => journal[heads[i]!] ?? [])[0];
    if (common === undefined) return told;
    told.push({ event: common, feed, handler: "" });
    for (const [i, { journal }] of runs.entries()) if (journal[heads[i]!] === common) heads[i]!++;
  }
}
