/** Which fault strikes whom: the entries below `faults:`, top to bottom, and the first that matches. */
import type { Asked } from "../../codecs/recovery/recovery.ts";
import { RangeSet } from "../../core/ranges.ts";
import type { Rng } from "../../core/rng.ts";
import type { Nanos, TimeWindow } from "../../core/time.ts";
import type { Spoiling, Stage } from "../../faults/fault.ts";

/** Clients that are told apart by their place; later ones have none. */
const CLIENTS_MAX = 4096;

/** Whom a fault is for. What is absent asks nothing; all that is there must match. */
export interface FaultSelectors {
  /** Which connection, or request, of all that the server was ever opened or asked; from 1. */
  readonly connection?: RangeSet | undefined;
  readonly request?: RangeSet | undefined;
  /** Which request for the same number it is; from 1. */
  readonly attempt?: RangeSet | undefined;
  /** Numbers on the wire of which it must ask for one. */
  readonly seq?: RangeSet | undefined;
  /** A host, a host with its port, or which host of all that came; from 1. */
  readonly client?: string | number | undefined;
  /** From when the faults began. */
  readonly time?: TimeWindow | undefined;
  readonly chance?: number | undefined;
  /** How often at most. */
  readonly max?: number | undefined;
}

/** A fault, and whom it is for. */
export interface FaultRule {
  readonly name: string;
  readonly stage: Stage;
  readonly selectors: FaultSelectors;
  readonly spoiling: Spoiling;
  /** Where `chance` comes from. */
  readonly rng: Rng;
}

/** A connection that was made. */
export interface Arrival {
  readonly connection: number;
  /** A host and port. */
  readonly peer: string;
}

/** A request that is about to be answered, with numbers as on the wire. */
export interface Inquiry extends Arrival {
  readonly request: number;
  readonly asked: Pick<Asked, "from" | "until">;
}

/** What struck. */
export interface Strike {
  readonly name: string;
  readonly spoiling: Spoiling;
}

/** The faults of one server. */
export class Faults {
  /** How often each was met, in their order. */
  readonly hits: number[];
  readonly #rules: readonly FaultRule[];
  #startedNs: Nanos = 0;
  /** At i: the numbers that were asked for more than i times. */
  #asked: RangeSet[] = [];
  #attemptsMax: number;
  /** Hosts in the order in which they first came. */
  #hosts = new Map<string, number>();

  constructor(rules: readonly FaultRule[]) {
    this.#rules = rules;
    this.hits = rules.map(() => 0);
    const attempts = rules.map(({ selectors }) => (selectors.attempt?.last?.until ?? 1) - 1);
    // An open end is told from the one before it alone.
    const firsts = rules.map(({ selectors }) => selectors.attempt?.last?.from ?? 0);
    this.#attemptsMax = Math.max(
      0,
      ...attempts.map((last, i) => (last > ATTEMPTS_MAX ? firsts[i]! : last)),
    );
  }

  get rules(): readonly FaultRule[] {
    return this.#rules;
  }

  /** Times are counted from now on. */
  begin(now: Nanos): void {
    this.#startedNs = now;
  }

  /** Somebody found the server away because of the fault at that position. */
  onMissed(index: number): void {
    this.hits[index]!++;
  }

  /** What becomes of a connection as soon as it is made. */
  onAccept(arrival: Arrival, now: Nanos): Strike | undefined {
    this.#meet(arrival);
    return this.#first("accept", (selectors) => this.#isFor(selectors, arrival, now));
  }

  /** What becomes of the answer to a request. Called once for each. */
  onRequest(inquiry: Inquiry, now: Nanos): Strike | undefined {
    const { request, asked } = inquiry;
    const struck = this.#first(
      "request",
      (selectors) =>
        this.#isFor(selectors, inquiry, now) &&
        (selectors.request?.has(request) ?? true) &&
        this.#covers(selectors, asked),
    );
    this.#count(asked);
    return struck;
  }

  #first(stage: Stage, matches: (selectors: FaultSelectors) => boolean): Strike | undefined {
    for (const [i, { name, stage: own, selectors, spoiling, rng }] of this.#rules.entries()) {
      if (own !== stage || this.hits[i]! >= (selectors.max ?? Infinity)) continue;
      if (!matches(selectors)) continue;
      if (selectors.chance !== undefined && !rng.chance(selectors.chance)) continue;
      this.hits[i]!++;
      return { name, spoiling };
    }
    return undefined;
  }

  #isFor({ connection, client, time }: FaultSelectors, arrival: Arrival, now: Nanos): boolean {
    const at = now - this.#startedNs;
    if (time !== undefined && (at < time.from || at >= time.until)) return false;
    if (connection !== undefined && !connection.has(arrival.connection)) return false;
    if (client === undefined) return true;
    const host = hostOf(arrival.peer);
    if (typeof client === "number") return this.#hosts.get(host) === client;
    return client === host || client === arrival.peer;
  }

  /** Whether one of the wanted numbers is asked for, for one of the wanted times. */
  #covers({ seq, attempt }: FaultSelectors, { from, until }: Inquiry["asked"]): boolean {
    const parts = seq === undefined ? [{ from, until }] : seq.within(from, until);
    if (attempt === undefined) return parts.length > 0;
    return parts.some((part) => {
      // What was asked for at least `before` times, and no more often than that.
      for (let before = 0; ; before++) {
        const times =
          before === 0 ? [part] : (this.#asked[before - 1]?.within(part.from, part.until) ?? []);
        if (times.length === 0) return false;
        const beyond = before >= this.#attemptsMax;
        if (attempt.has(before + 1)) {
          const more = beyond ? undefined : this.#asked[before];
          const exactly = times.some(
            (range) => size(more?.within(range.from, range.until) ?? []) < range.until - range.from,
          );
          if (exactly) return true;
        }
        if (beyond) return false;
      }
    });
  }

  #count({ from, until }: Inquiry["asked"]): void {
    // From the top, so that nothing counts twice.
    for (let times = this.#attemptsMax - 1; times >= 0; times--) {
      const before = times === 0 ? [{ from, until }] : this.#asked[times - 1]?.within(from, until);
      for (const range of before ?? []) {
        (this.#asked[times] ??= new RangeSet()).add(range.from, range.until);
      }
    }
  }

  #meet({ peer }: Arrival): void {
    const host = hostOf(peer);
    if (this.#hosts.has(host) || this.#hosts.size >= CLIENTS_MAX) return;
    this.#hosts.set(host, this.#hosts.size + 1);
  }
}

/** Attempts that are counted one by one. */
const ATTEMPTS_MAX = 1000;

function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, "");
}

function size(ranges: readonly { readonly from: number; readonly until: number }[]): number {
  return ranges.reduce((sum, { from, until }) => sum + until - from, 0);
}
