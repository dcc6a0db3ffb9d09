/** Whether a run can still pass: what an expectation with `abort: true` asks for all the time. */
import type { Run } from "../core/run.ts";
import { scopeTo } from "../core/scope.ts";
import type { SeqRange } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import { type Expectation, isBeyond } from "../expectations/expectation.ts";
import type { FeedRun } from "./feed-run.ts";
import { expectedOf } from "./feed-scenario.ts";

/**
 * Judges expectations of feeds while these run. To take account of a run costs the more the longer it
 * is, so each is judged only as long as that may change: of a phase, from its beginning until all of it
 * was delivered or given up.
 */
export class Hope {
  #feeds: { readonly feed: FeedRun; open: readonly Expectation[] }[];

  constructor(feeds: readonly FeedRun[], expectations: readonly Expectation[]) {
    this.#feeds = feeds.map((feed) => ({
      feed,
      open: expectedOf(expectations, { feed: feed.feed.name }),
    }));
  }

  /** Whether one of them can hold no more. Time is counted from the feeds' start. */
  isLost(elapsedNs: Nanos): boolean {
    return this.#feeds.some((own) => {
      const begun = own.open.filter((expectation) => hasBegun(expectation, own.feed, elapsedNs));
      if (begun.length === 0) return false;
      const runs = own.feed.account("going-on");
      own.open = own.open.filter(
        (one) => !begun.includes(one) || runs.some((run) => !isOver(one, run)),
      );
      return runs.some((run) => expectedOf(begun, run).some((one) => isBeyond(one, run)));
    });
  }
}

/** A pause lets a phase begin later than its window says, never earlier. */
function hasBegun({ phase }: Expectation, { feed }: FeedRun, elapsedNs: Nanos): boolean {
  return phase === undefined || elapsedNs >= (feed.feed.windows.get(phase)?.from ?? 0);
}

/** Whether nothing more can become of a phase: the next one has begun, and nobody waits for this one. */
function isOver({ phase }: Expectation, run: Run): boolean {
  const own = phase === undefined ? undefined : scopeTo(run, phase);
  if (own === undefined || own.next === run.next) return false;
  const open = own.gaps.some(({ passedNs }) => passedNs === undefined);
  return !open && own.delivered + sizeOf(own.abandoned) === own.next - own.first;
}

function sizeOf(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { from, until }) => sum + until - from, 0);
}
