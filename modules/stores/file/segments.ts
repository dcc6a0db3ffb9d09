import { readdirSync } from "node:fs";
import type { Seq, SeqRange } from "../../core/seq.ts";
import { firstOf, Segment, Window } from "./segment.ts";

/** The segments of a folder in order; of their files at most two are open. */
export class Segments {
  readonly list: Segment[];
  #folder: string;
  #window = new Window();
  #open: Segment | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.list = readdirSync(folder)
      .flatMap((name) => firstOf(name) ?? [])
      .toSorted((a, b) => a - b)
      .map((first) => new Segment(folder, first, this.#window));
    for (const [i, segment] of this.list.entries()) {
      segment.next = this.list[i + 1]?.first ?? segment.first;
    }
  }

  get last(): Segment | undefined {
    return this.list.at(-1);
  }

  /** One more has begun, behind all others. */
  add(first: Seq): Segment {
    if (this.last !== undefined && this.last !== this.#open) this.last.close();
    const segment = new Segment(this.#folder, first, this.#window);
    this.list.push(segment);
    return segment;
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    for (const segment of this.list) {
      if (segment.next <= from) continue;
      if (segment.first >= until) return;
      if (segment !== this.#open) {
        if (this.#open !== this.last) this.#open?.close();
        this.#open = segment;
      }
      const end = Math.min(until, segment.next);
      if (!segment.read(Math.max(from, segment.first), end, visit)) return;
    }
  }

  close(): void {
    for (const segment of this.list) segment.close();
  }
}
