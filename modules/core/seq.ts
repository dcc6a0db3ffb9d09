/** Sequence numbers and the ranges made of them. */

/**
 * The number of a message on the wire: a safe integer. A wire field beyond 2^53 - 1 is a decode
 * fault, never a silently rounded number.
 */
export type Seq = number;

/** Half-open, like every range in feedlab: `from` is in, `until` is not. */
export interface SeqRange {
  readonly from: Seq;
  readonly until: Seq;
}

export const SEQ_MAX: Seq = Number.MAX_SAFE_INTEGER;

/** `7` for one number, `7..9` (both ends in, as people write it) for more. */
export function formatRange({ from, until }: SeqRange): string {
  return until - from === 1 ? String(from) : `${from}..${until - 1}`;
}

/** The ranges as people write them, with commas between. */
export function formatRanges(ranges: Iterable<SeqRange>): string {
  return Array.from(ranges, formatRange).join(", ");
}

/** Ranges that a name is made of. */
const NAMED_MAX = 3;

/** As `formatRanges`, short enough for a name, or for a sentence: `2, 4, 6 and 97 more`. */
export function formatFirstRanges(ranges: Iterable<SeqRange>, max: number = NAMED_MAX): string {
  const all = [...ranges];
  const more = all.length > max ? ` and ${all.length - max} more` : "";
  return formatRanges(all.slice(0, max)) + more;
}
