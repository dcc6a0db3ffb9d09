import type { Row } from "./facts.ts";
import { wrap } from "./wrap.ts";

/** Rows below each other, indented, the values in one column. */
export function renderRows(rows: readonly Row[], columns = Infinity): string[] {
  const room = Math.max(...rows.map(([label]) => label.length), 0);
  return rows.map(([label, value]) => wrap(`  ${label.padEnd(room)}   `, value, columns));
}
