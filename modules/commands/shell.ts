import type { ByteFile } from "../core/byte-file.ts";
import type { Requirement } from "../core/requirement.ts";
import type { Paint } from "../reports/paint.ts";
import type { LineAddress, TransportChoice, World } from "../worlds/world.ts";

/** What surrounds a command: where it writes, and the world that it acts in. */
export interface Shell {
  /** Writes a line to standard output. */
  out(line: string): void;
  /** Writes a line to standard error. */
  err(line: string): void;
  /**
   * Shows a text in the terminal's last line, in place of the one before; an empty one takes it
   * away. Absent where nobody looks at a terminal.
   */
  readonly status?: ((text: string) => void) | undefined;
  /** The colours of standard output, when `--color` says `when`. */
  paint(when: "auto" | "always" | "never"): Paint;
  /** Columns of the terminal, or what is safe where there is none. */
  readonly columns: number;
  /** Columns after which people's lines on each stream go on below; Infinity where no terminal is. */
  readonly room: { readonly out: number; readonly err: number };
  /** Why this machine cannot run what requires this, on these lines; undefined when it can. */
  unmet(
    requires: readonly Requirement[],
    lines: readonly LineAddress[],
  ): Promise<string | undefined>;
  /** Gives what opens the files that the command line names; it throws a UserError if it cannot. */
  fileOpener(): Promise<(path: string) => ByteFile>;
  /** `transport`: how packets travel in real time. */
  openWorld(time: "real" | "virtual", transport?: TransportChoice): Promise<World>;
  /** Resolves when the user wants the command to end. */
  readonly interrupted: Promise<void>;
  /** A seed for a run that was given none. */
  freshSeed(): string;
}
