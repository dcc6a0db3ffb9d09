import { positionOf } from "../../core/ranges.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";

/** Numbers that nobody has asked for yet, or has to ask for again. */
export interface Want extends SeqRange {
  readonly since: Nanos;
  /** Attempts made so far. */
  readonly attempts: number;
  readonly notBefore: Nanos;
}

/** What is wanted: sorted by number, disjoint. */
export class Wants implements Iterable<Want> {
  #list: Want[] = [];

  get length(): number {
    return this.#list.length;
  }

  [Symbol.iterator](): IterableIterator<Want> {
    return this.#list[Symbol.iterator]();
  }

  at(index: number): Want | undefined {
    return this.#list[index];
  }

  /** The first that ends after `seq`. */
  after(seq: Seq): Want | undefined {
    return this.#list[positionOf(this.#list, seq)];
  }

  add(want: Want): void {
    // Nearly always the last.
    const last = this.#list.at(-1);
    if (last === undefined || last.from <= want.from) this.#list.push(want);
    else this.#list.splice(positionOf(this.#list, want.from), 0, want);
  }

  /** Takes what there is of [from, until) out, and returns it. */
  cut(from: Seq, until: Seq): Want[] {
    const start = positionOf(this.#list, from);
    const kept: Want[] = [];
    const taken: Want[] = [];
    let end = start;
    for (let want = this.#list[end]; want !== undefined && want.from < until;) {
      if (want.from < from) kept.push({ ...want, until: from });
      taken.push({ ...want, from: Math.max(from, want.from), until: Math.min(until, want.until) });
      if (want.until > until) kept.push({ ...want, from: until });
      want = this.#list[++end];
    }
    this.#list.splice(start, end - start, ...kept);
    return taken;
  }
}
