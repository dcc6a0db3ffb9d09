/** The lines of source under a message, with carets below the place that it is about. */
import type { Span } from "./lines.ts";

const TAB_COLUMNS = 2;
const HINT_GAP = "  ";
/** A hint beside its carets reads so much better that it may stick out a little. */
const HINT_OVERHANG = 10;

/**
 * ```text
 *   6 |   - drop: { evry: 5 }
 *     |             ^^^^  did you mean "every"?
 * ```
 * At most `width` columns: a longer line is cut around the carets, and a hint that would stick out
 * far goes below them.
 */
export function codeFrame(span: Span, hint: string, width: number): string {
  const number = String(span.line);
  const gutter = `  ${number} | `;
  const blank = `  ${" ".repeat(number.length)} | `;
  const room = Math.max(20, width - gutter.length);

  const { text, before, marked } = excerpt(span, room);
  const carets = blank + " ".repeat(before) + "^".repeat(marked);
  const lines = [(gutter + text).trimEnd()];
  if (hint === "") lines.push(carets);
  else if (carets.length + HINT_GAP.length + columns(hint) <= width + HINT_OVERHANG) {
    lines.push(carets + HINT_GAP + printable(hint));
  } else {
    lines.push(carets, ...wrap(printable(hint), room).map((line) => blank + line));
  }
  return lines.join("\n");
}

/** Control, direction and other invisible characters would play tricks on a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, "\ufffd");
}

interface Cell {
  readonly glyph: string;
  readonly columns: number;
}

interface Excerpt {
  readonly text: string;
  /** Columns before the first caret. */
  readonly before: number;
  /** Columns with a caret. */
  readonly marked: number;
}

/** The part of the line around the span, and where in it the carets go. */
function excerpt({ source, column, length }: Span, room: number): Excerpt {
  // Lines can be a megabyte long: only what could be shown is looked at.
  const from = Math.max(0, column - 1 - room);
  const left = cells(source.slice(from, column - 1));
  const middle = cells(source.slice(column - 1, column - 1 + Math.min(length, room)));
  const right = cells(source.slice(column - 1 + length, column - 1 + length + room));

  const whole = from === 0 && length <= room && column - 1 + length + room >= source.length;
  if (whole && total(left) + total(middle) + total(right) <= room) {
    const text = [...left, ...middle, ...right].map((cell) => cell.glyph).join("");
    return { text, before: total(left), marked: Math.max(1, total(middle)) };
  }
  // The carets get four fifths at most. Of the rest two thirds show how the line came here, one
  // third how it goes on.
  const shownMiddle = fit(middle, Math.ceil((room * 4) / 5));
  const rest = room - total(shownMiddle) - 2;
  const shownLeft = fit(left.toReversed(), Math.ceil((rest * 2) / 3)).toReversed();
  const shownRight =
    shownMiddle.length < middle.length || length > room ? [] : fit(right, rest - total(shownLeft));
  const cutLeft = from > 0 || shownLeft.length < left.length;
  const cutMiddle = length > room || shownMiddle.length < middle.length;
  const cutRight =
    cutMiddle || shownRight.length < right.length || column - 1 + length + room < source.length;
  const text = [
    cutLeft ? "…" : "",
    ...[...shownLeft, ...shownMiddle, ...shownRight].map((cell) => cell.glyph),
    cutRight ? "…" : "",
  ].join("");
  const before = total(shownLeft) + (cutLeft ? 1 : 0);
  return { text, before, marked: Math.max(1, total(shownMiddle)) };
}

function cells(text: string): Cell[] {
  return Array.from(text, (char) =>
    char === "\t"
      ? { glyph: " ".repeat(TAB_COLUMNS), columns: TAB_COLUMNS }
      : { glyph: printable(char), columns: columnsOf(char) },
  );
}

function fit(from: readonly Cell[], room: number): Cell[] {
  let used = 0;
  const over = from.findIndex((cell) => (used += cell.columns) > room);
  return over === -1 ? [...from] : from.slice(0, over);
}

function total(of: readonly Cell[]): number {
  return of.reduce((sum, cell) => sum + cell.columns, 0);
}

function columns(text: string): number {
  return total(cells(text));
}

/** East Asian wide characters and emoji take two columns of a terminal, combining marks none. */
function columnsOf(char: string): number {
  if (/^[\p{Mn}\p{Me}\u200b-\u200d]$/u.test(char)) return 0;
  const wide = /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f]$/;
  const wider = /^[\p{Emoji_Presentation}\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$/u;
  return wide.test(char) || wider.test(char) ? 2 : 1;
}

function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && columns(last) + 1 + columns(word) <= room) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
