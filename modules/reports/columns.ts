/** Between two columns. */
const SPACE = "   ";

/** Columns that a cell keeps for its longest word, at most: a longer one is broken. */
const WORD_MAX = 36;

/**
 * Rows below each other, every cell in its column; what is too long for it goes on below. The
 * first column says what a row is about.
 */
export function renderColumns(rows: readonly (readonly string[])[], columns: number): string[] {
  const widths = widthsOf(rows, columns);
  return rows.flatMap((row) => {
    const cells = row.map((cell, i) => breakAt(cell, widths[i]!));
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_, at) =>
      cells
        .map((lines, i) => (lines[at] ?? "").padEnd(widths[i]!))
        .join(SPACE)
        .trimEnd(),
    );
  });
}

/** The words of a text in lines of that width; a word that is wider is broken. */
function breakAt(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").flatMap((one) => parts(one, width))) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function parts(word: string, width: number): string[] {
  const list = [word.slice(0, width)];
  for (let at = width; at < word.length; at += width) list.push(word.slice(at, at + width));
  return list;
}

/** As wide as what is in them where there is room; otherwise the widest gives way, step by step. */
function widthsOf(rows: readonly (readonly string[])[], columns: number): number[] {
  const count = Math.max(...rows.map(({ length }) => length), 1);
  const widest = (lengthOf: (cell: string) => number): number[] =>
    Array.from({ length: count }, (_, i) =>
      Math.max(...rows.map((row) => lengthOf(row[i] ?? "")), 1),
    );
  const widths = widest(({ length }) => length);
  const least = widest((cell) =>
    Math.min(WORD_MAX, Math.max(...cell.split(" ").map(({ length }) => length))),
  );
  const room = columns - SPACE.length * (count - 1);
  for (let over = sum(widths) - room; over > 0; over--) {
    const spare = widths.map((width, i) => (width > least[i]! ? width : 0));
    const most = Math.max(...spare);
    if (most === 0) break;
    widths[spare.lastIndexOf(most)]!--;
  }
  return widths;
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}
