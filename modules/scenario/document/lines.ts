/** A place in a document, within one line. */
export interface Span {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors and annotations count. */
  readonly column: number;
  /** Never beyond the end of the line, except that it is always at least 1. */
  readonly length: number;
  /** The whole line as it is written, without its line end. */
  readonly source: string;
}

/** A function that turns offsets in `text` into places. Ends beyond the first line are cut. */
export function lineTable(text: string): (from: number, until: number) => Span {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);

  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  return (from, until) => {
    const index = lineOf(Math.min(Math.max(from, 0), text.length));
    const start = starts[index]!;
    const next = starts[index + 1];
    const end = next === undefined ? text.length : next - 1;
    const source = text.slice(start, text[end - 1] === "\r" ? Math.max(start, end - 1) : end);
    const at = Math.min(from - start, source.length);
    const length = Math.max(1, Math.min(until - start, source.length) - at);
    return { line: index + 1, column: at + 1, length, source };
  };
}
