/** Columns that text has at least, however narrow the terminal. */
const ROOM_MIN = 20;

/**
 * The text behind `start`, broken at blanks where the columns end. What goes on below is indented:
 * as far as the text, unless told. With `Infinity` columns it is one line.
 */
export function wrap(start: string, text: string, columns: number, indent = start.length): string {
  const parts: string[] = [];
  for (const word of text.split(" ")) {
    const last = parts.at(-1);
    const before = parts.length > 1 ? indent : Math.max(indent, start.length);
    const room = Math.max(columns - before, ROOM_MIN);
    if (last === undefined || last.length + 1 + word.length > room) parts.push(word);
    else parts[parts.length - 1] = `${last} ${word}`;
  }
  return start + parts.join(`\n${" ".repeat(indent)}`);
}
