/** What a group of the benchmark is, and what a row of its table says. */
import type { Taken } from "./measure.ts";

/** How a group is to measure. */
export interface Setting {
  /** How often each one takes its turn. */
  readonly rounds: number;
  /** Little work, so that all groups take a minute or so: figures to look at, not to keep. */
  readonly quick: boolean;
  /** A folder for files, gone afterwards. */
  readonly folder: string;
  /** Says on standard error what is being measured now. */
  readonly say: (this: void, text: string) => void;
}

/** What figures are counted in. */
export type Unit = "packets/s" | "messages/s" | "s" | "bytes" | "of a core" | "times";

/** What must hold: of our figure, or of what it is of the baseline's. */
export interface Hold {
  readonly of: "ours" | "ratio";
  readonly least?: number;
  readonly most?: number;
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly unit: Unit;
  /** Why there is no figure: what failed is an error, what is not there is not. */
  readonly ours: Taken;
  /** What stands beside it. Undefined: there is nothing to compare with. */
  readonly baseline?: Taken | undefined;
  readonly hold?: Hold | undefined;
}

/** Something that this machine does not have, by its first word: no failure. */
export const MISSING = "missing: ";

/** What is measured together: one file, and one line in `groups/mod.ts`. */
export interface Group {
  readonly name: string;
  /** One line: what is measured, and against what. */
  readonly summary: string;
  measure(setting: Setting): Promise<Row[]>;
}
