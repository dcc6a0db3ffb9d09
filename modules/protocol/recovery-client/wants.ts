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

  /** The position of one that is there. */
  indexOf({ from }: Want): number {
    return positionOf(this.#list, from);
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
    const taken: Want[] = [];
    let before: Want | undefined;
    let after: Want | undefined;
    let end = start;
    for (let want = this.#list[end]; want !== undefined && want.from < until;) {
      if (want.from < from) before = { ...want, until: from };
      if (want.until > until) after = { ...want, from: until };
      const whole = want.from >= from && want.until <= until;
      const part = { from: Math.max(from, want.from), until: Math.min(until, want.until) };
      taken.push(whole ? want : { ...want, ...part });
      want = this.#list[++end];
    }
    if (end === start) return taken;
    // Nearly always whole ones go: the rest would cost an array each time.
    if (before !== undefined) this.#list.splice(start, end - start, before, ...listOf(after));
    else if (after !== undefined) this.#list.splice(start, end - start, after);
    else if (start === 0 && end === 1) this.#list.shift();
    else this.#list.splice(start, end - start);
    return taken;
  }
}

function listOf(want: Want | undefined): Want[] {
  return want === undefined ? [] : [want];
}
