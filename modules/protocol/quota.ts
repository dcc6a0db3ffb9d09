import type { Nanos } from "../core/time.ts";

/** So many in so much time. */
export interface QuotaRule {
  readonly requests: number;
  readonly per: Nanos;
}

/** Counts what was taken of a quota, over a window that moves with time. */
export class Quota {
  #rule: QuotaRule;
  /** When each of the last `requests` was taken; the one after the newest is the oldest. */
  #taken: Nanos[] = [];
  #oldest = 0;

  constructor(rule: QuotaRule) {
    this.#rule = rule;
  }

  /** When the next one may be taken: not after now if that is so already. */
  get freeAt(): Nanos {
    if (this.#taken.length < this.#rule.requests) return 0;
    return this.#taken[this.#oldest]! + this.#rule.per;
  }

  /** Takes one, if there is one left. */
  take(now: Nanos): boolean {
    if (now < this.freeAt) return false;
    if (this.#taken.length < this.#rule.requests) this.#taken.push(now);
    else {
      this.#taken[this.#oldest] = now;
      this.#oldest = (this.#oldest + 1) % this.#rule.requests;
    }
    return true;
  }

  /** Whether all of it is free again: it can be forgotten. */
  restsAt(now: Nanos): boolean {
    const newest = this.#taken.at(this.#oldest - 1);
    return newest === undefined || newest + this.#rule.per <= now;
  }
}
