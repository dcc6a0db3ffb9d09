import { wrap } from "../reports/wrap.ts";
import type { Shell } from "./shell.ts";

/** Columns by which a complaint goes on below its first line. */
const INDENT = 2;

/** Says on standard error what went wrong: one line, but for the width of a terminal. */
export function complain(shell: Pick<Shell, "err" | "room">, message: string): void {
  const lines = message.split("\n");
  shell.err(
    lines
      .map((line, i) => (i === 0 ? wrap("feedlab: ", line, shell.room.err, INDENT) : line))
      .join("\n"),
  );
}
