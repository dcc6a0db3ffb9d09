import type { Row } from "./facts.ts";

/** Rows below each other, indented, the values in one column. */
export function renderRows(rows: readonly Row[]): string[] {
  const room = Math.max(...rows.map(([label]) => label.length), 0);
  return rows.map(([label, value]) => `  ${label.padEnd(room)}   ${value}`);
}
