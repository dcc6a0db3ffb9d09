import type { Progress } from "../../core/progress.ts";
import { ofPart } from "../../core/run.ts";
import { SECOND } from "../../core/time.ts";
import { type Goal, renderStatus } from "../../reports/status.ts";
import { Story } from "../../reports/story.ts";
import { publishesAtMost } from "../../scenario/extent.ts";
import type { FeedScenario } from "../../scenario/feed-scenario.ts";
import type { Scenario } from "../../scenario/load.ts";
import type { RunOptions } from "../../scenario/run.ts";
import type { Shell } from "../shell.ts";
import { tell, type Voice } from "../tell.ts";

/** Messages of a feed that is so small that every packet has its line. */
export const SMALL_FEED_MAX = 200;

/** Over how many calls of `onProgress` the live line's rate is taken. */
const RATE_WINDOW = 10;

/** What a run is watched with, and what is to be called when it is over. */
export interface Watch {
  readonly observe: NonNullable<RunOptions["observe"]>;
  readonly observePackets: boolean;
  readonly onProgress?: (progress: Progress) => void;
  end(): void;
}

/**
 * Shows a run while it goes on. Of a small feed, or with `--verbose`, every packet has its line; of
 * a large one the first of the rare events have, and the terminal's last line says how far it is.
 */
export function watchRun(
  scenario: Scenario,
  shell: Shell,
  voice: Voice & { readonly verbose: boolean },
): Watch {
  const { output, quiet, verbose, color } = voice;
  if (quiet || output === "json") {
    return { observe: tell(shell, voice), observePackets: !quiet, end: () => {} };
  }
  const packets = verbose || publishesAtMost(scenario.feeds, SMALL_FEED_MAX);
  const story = new Story(shell.paint(color), packets ? Infinity : undefined);
  const observe: Watch["observe"] = (event, feed, handler) => {
    const line = story.tell(event);
    if (line !== undefined) shell.out(ofPart({ feed, handler }, line));
  };
  const end = (): void => {
    shell.status?.("");
    const more = story.end();
    if (more !== undefined) shell.out(more);
  };
  if (packets || shell.status === undefined) return { observe, observePackets: packets, end };
  const { status } = shell;
  const goal = goalOf(scenario.feeds);
  const seen: Progress[] = [];
  const onProgress = (now: Progress): void => {
    const before = seen.length < RATE_WINDOW ? seen[0] : seen.shift();
    seen.push(now);
    // The last column stays free: some terminals go on to the next line when it is filled.
    status(renderStatus(now, before, goal, shell.columns - 1));
  };
  return { observe, observePackets: false, onProgress, end };
}

/** What all feeds are to publish together, and when the last of them ends. */
function goalOf(feeds: readonly FeedScenario[]): Goal {
  const goals = feeds.map(({ feed: { messages, perSecond, end } }) => ({
    messages: messages ?? end.messages,
    duration: end.duration,
    // Where nobody knows how many, so many in that time.
    likely: messages ?? Math.min(end.messages, (perSecond * end.duration) / SECOND),
  }));
  const [only, ...others] = goals;
  if (only !== undefined && others.length === 0) return only;
  return {
    messages: goals.reduce((sum, { likely }) => sum + likely, 0),
    duration: Math.max(...goals.map(({ duration }) => duration)),
  };
}
