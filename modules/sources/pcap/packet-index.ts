import { RangeSet } from "../../core/ranges.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";

/** Where a captured packet lies. */
export interface PacketPlace {
  /** When it came, since the first one that was read; less than zero when it is out of order. */
  readonly time: Nanos;
  /** Where its payload begins in the file, in bytes. */
  readonly offset: number;
  readonly length: number;
}

/** Four numbers a packet, in columns that double when they are full. */
const COLUMNS = 4;
const ROWS = 1024;

/**
 * Which packet has which message: the first that had it. A packet is kept as what it added, so that a
 * row ends where the next one begins once there are no holes.
 */
export class PacketIndex {
  /** From, time, offset and length of each row, one after the other. */
  #rows = new Float64Array(COLUMNS * ROWS);
  #count = 0;
  #from: Seq = 0;
  #until: Seq = 0;
  #missing = new RangeSet();
  #sorted = true;
  /** The row that was looked up last: nearly always that of the next message, too. */
  #row = 0;

  /** The first number; that of the message after the last one is `until`. */
  get from(): Seq {
    return this.#from;
  }

  get until(): Seq {
    return this.#until;
  }

  /** Numbers between the first and the last that no packet had. */
  get missing(): RangeSet {
    return this.#missing;
  }

  /** Adds what is new in a packet with the messages from..until. */
  add(from: Seq, until: Seq, place: PacketPlace): void {
    if (this.#count === 0) {
      this.#from = from;
      this.#until = from;
    }
    const first = this.#from;
    if (from < first) {
      // One line's first packets may stand behind those of the other.
      this.#append(from, place);
      this.#missing.add(until, first);
      this.#from = from;
    }
    this.#addAfter(Math.max(from, first), until, place);
  }

  #addAfter(from: Seq, until: Seq, place: PacketPlace): void {
    for (const part of this.#missing.within(from, until)) {
      this.#append(part.from, place);
      this.#missing.remove(part.from, part.until);
    }
    if (until <= this.#until) return;
    this.#missing.add(this.#until, from);
    this.#append(Math.max(from, this.#until), place);
    this.#until = until;
  }

  #append(from: Seq, { time, offset, length }: PacketPlace): void {
    const at = COLUMNS * this.#count;
    if (at === this.#rows.length) {
      const rows = new Float64Array(2 * at);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    if (this.#count > 0 && from < this.#rows[at - COLUMNS]!) this.#sorted = false;
    this.#rows[at] = from;
    this.#rows[at + 1] = time;
    this.#rows[at + 2] = offset;
    this.#rows[at + 3] = length;
    this.#count++;
  }

  /** Call once, when everything was added: puts it in order, and the times, too. */
  close(): void {
    if (!this.#sorted) this.#sort();
    const start = this.#rows[1]!;
    let latest = 0;
    for (let row = 0; row < this.#count; row++) {
      latest = Math.max(latest, this.#rows[COLUMNS * row + 1]! - start);
      this.#rows[COLUMNS * row + 1] = latest;
    }
  }

  #sort(): void {
    const order = Uint32Array.from({ length: this.#count }, (_, row) => row);
    order.sort((a, b) => this.#rows[COLUMNS * a]! - this.#rows[COLUMNS * b]!);
    const sorted = new Float64Array(COLUMNS * this.#count);
    order.forEach((row, to) => {
      sorted.set(this.#rows.subarray(COLUMNS * row, COLUMNS * (row + 1)), COLUMNS * to);
    });
    this.#rows = sorted;
    this.#sorted = true;
  }

  /** When a message came, since the first one. */
  timeOf(seq: Seq): Nanos {
    return this.#rows[COLUMNS * this.#find(seq) + 1]!;
  }

  /** Whether a message is the last that its packet gave. */
  isLast(seq: Seq): boolean {
    return seq + 1 === this.#end(this.#find(seq));
  }

  /** The messages that are taken from the same packet as one of them. */
  rangeOf(seq: Seq): SeqRange {
    const row = this.#find(seq);
    return { from: this.#rows[COLUMNS * row]!, until: this.#end(row) };
  }

  /** Where the packet lies that has a message. */
  placeOf(seq: Seq): PacketPlace {
    const at = COLUMNS * this.#find(seq);
    const [time = 0, offset = 0, length = 0] = this.#rows.subarray(at + 1, at + COLUMNS);
    return { time, offset, length };
  }

  #end(row: number): Seq {
    return row + 1 < this.#count ? this.#rows[COLUMNS * (row + 1)]! : this.#until;
  }

  /** The last row that begins at the message or before. */
  #find(seq: Seq): number {
    const next = this.#row + 1;
    if (this.#covers(this.#row, seq)) return this.#row;
    if (next < this.#count && this.#covers(next, seq)) return (this.#row = next);
    let low = 0;
    let high = this.#count;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#rows[COLUMNS * middle]! <= seq) low = middle;
      else high = middle;
    }
    return (this.#row = low);
  }

  #covers(row: number, seq: Seq): boolean {
    return this.#rows[COLUMNS * row]! <= seq && seq < this.#end(row);
  }
}
