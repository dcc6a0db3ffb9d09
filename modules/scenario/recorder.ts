import type { FeedEvent } from "../core/events.ts";
import { RangeSet } from "../core/ranges.ts";
import type { Gap, Loss } from "../core/run.ts";
import { formatRange, type Seq, type SeqRange } from "../core/seq.ts";
import type { MessageReader } from "../core/store.ts";
import type { Nanos } from "../core/time.ts";
import type { Via } from "../protocol/arbiter.ts";

/** Events that a journal keeps. */
export const JOURNAL_MAX = 100_000;

/** Broken rules that are told one by one. */
const BROKEN_MAX = 20;

/** What the recorder must know to judge. */
export interface RecorderOptions {
  /** What is truly published, from the source itself: a store may have let go of it. */
  readonly truth: MessageReader;
  /** The number after the last one that was published so far. */
  readonly next: () => Seq;
  /** False: recovery only says that a message is known, so its content cannot be compared. */
  readonly recoveryCarriesPayload: boolean;
  /** When a message was due. */
  readonly scheduled: (seq: Seq) => Nanos;
}

/** Watches a run from outside: keeps the journal, follows each gap, and checks every delivery. */
export class Recorder {
  readonly journal: FeedEvent[] = [];
  journalOverflow = 0;
  readonly gaps: Gap[] = [];
  readonly losses: Loss[] = [];
  readonly broken: string[] = [];
  /** Numbers that were delivered or given up. */
  readonly resolved = new RangeSet();
  delivered = 0;
  #options: RecorderOptions;
  #last: Seq | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  onEvent(event: FeedEvent): void {
    switch (event.event) {
      case "sent":
      case "received":
      case "delivered":
        return; // Frequent: counted elsewhere.
      case "dropped":
        this.losses.push({
          line: event.line,
          rule: event.rule,
          from: event.from,
          until: event.until,
        });
        break;
      case "gap":
        this.gaps.push({
          from: event.from,
          until: event.until,
          detectedNs: event.atNs,
          scheduledNs: this.#options.scheduled(event.from),
          closedNs: undefined,
          filledByLine: 0,
          filledByRecovery: 0,
          lost: 0,
        });
        break;
      case "filled":
        this.#close(event, event.atNs, event.via === "line" ? "filledByLine" : "filledByRecovery");
        break;
      case "lost":
        this.resolved.add(event.from, event.until);
        this.#close(event, event.atNs, "lost");
        break;
    }
    if (this.journal.length < JOURNAL_MAX) this.journal.push(event);
    else this.journalOverflow++;
  }

  /** The invariants: once, in order, nothing that was never published, nothing damaged. */
  onDeliver(seq: Seq, bytes: Uint8Array, start: number, end: number, via: Via): void {
    this.delivered++;
    if (this.#last !== undefined && seq <= this.#last) {
      const known = this.resolved.has(seq);
      this.#break(known ? `SEQ:${seq} was delivered twice` : `SEQ:${seq} came out of order`);
    }
    this.#last = Math.max(this.#last ?? seq, seq);
    this.resolved.add(seq, seq + 1);
    const { truth } = this.#options;
    if (seq < truth.first || seq >= this.#options.next()) {
      this.#break(`SEQ:${seq} was delivered, but never published`);
    } else if (via === "line" || this.#options.recoveryCarriesPayload) {
      truth.read({ from: seq, until: seq + 1 }, (_seq, message) => {
        if (!equal(message, bytes.subarray(start, end))) {
          this.#break(`SEQ:${seq} was delivered with other content than was published`);
        }
        return false;
      });
    }
  }

  /** After the run: every gap must have been filled or given up. */
  finish(): void {
    for (const gap of this.gaps) {
      if (gap.closedNs === undefined) {
        this.#break(`gap ${formatRange(gap)} was neither filled nor given up`);
      }
    }
  }

  #close(
    { from, until }: SeqRange,
    now: Nanos,
    by: "filledByLine" | "filledByRecovery" | "lost",
  ): void {
    for (let at = this.#firstAfter(from); at < this.gaps.length; at++) {
      const gap = this.gaps[at]!;
      if (gap.from >= until) return;
      gap[by] += Math.min(until, gap.until) - Math.max(from, gap.from);
      const closed = gap.filledByLine + gap.filledByRecovery + gap.lost;
      if (closed === gap.until - gap.from) gap.closedNs = now;
    }
  }

  /** Gaps are noticed in the order of their numbers: the first that ends after `seq`. */
  #firstAfter(seq: Seq): number {
    let low = 0;
    let high = this.gaps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.gaps[middle]!.until > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #break(what: string): void {
    if (this.broken.length < BROKEN_MAX) this.broken.push(what);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
