import kleur from "kleur";
import type { ByteFile } from "../core/byte-file.ts";
import { EXIT, type ExitCode } from "../core/errors.ts";
import type { Requirement } from "../core/requirement.ts";
import { MILLISECOND } from "../core/time.ts";
import { type Paint, PLAIN } from "../reports/paint.ts";
import { cannot, codeOf } from "../worlds/advice.ts";
import type { LineAddress, TransportChoice, World } from "../worlds/world.ts";
import { complain } from "./complain.ts";
import type { Shell } from "./shell.ts";

const COLUMNS_DEFAULT = 80;

/** A second Ctrl-C within this time is meant for the first one. */
const KEY_BOUNCE = 50 * MILLISECOND;

/** Milliseconds between two texts of the status line. */
const STATUS_INTERVAL = 100;

/** Goes to the start of the line, and makes it empty. */
const CLEAR_LINE = "\r\x1b[K";

/** The terminal that feedlab was started from. */
export class Terminal implements Shell {
  readonly status: ((text: string) => void) | undefined;
  #statusAt = -Infinity;
  #statusShown = false;
  #interrupted: Promise<void> | undefined;
  #interrupt: () => void = () => {};
  /** Why standard output takes no more: its reader has had enough, or something is wrong. */
  #broken: "enough" | "failed" | undefined;

  constructor() {
    process.stdout.on("error", (error) => this.#onBrokenOutput(error));
    // There is nobody to tell.
    process.stderr.on("error", () => {});
    this.status = hasStatusLine() ? (text) => this.#showStatus(text) : undefined;
  }

  /** What to end with when a command ended with `code`: output that was lost is no success. */
  exitCode(code: ExitCode): ExitCode {
    if (this.#broken === "failed") return EXIT.environment;
    return this.#broken === "enough" && code === EXIT.interrupted ? EXIT.ok : code;
  }

  get columns(): number {
    // A terminal without a size says 0.
    return process.stdout.columns || COLUMNS_DEFAULT;
  }

  get room(): Shell["room"] {
    const of = ({ isTTY, columns }: NodeJS.WriteStream): number =>
      isTTY ? columns || COLUMNS_DEFAULT : Infinity;
    return { out: of(process.stdout), err: of(process.stderr) };
  }

  get interrupted(): Promise<void> {
    this.#interrupted ??= new Promise((resolve) => {
      let firstAt: number | undefined;
      this.#interrupt = resolve;
      const onSignal = (): void => {
        const now = performance.now() * MILLISECOND;
        // Whoever asks twice does not want to wait for an orderly end.
        if (firstAt !== undefined && now - firstAt > KEY_BOUNCE) process.exit(130);
        firstAt ??= now;
        resolve();
      };
      process.on("SIGINT", onSignal);
      process.on("SIGTERM", onSignal);
    });
    return this.#interrupted;
  }

  out(line: string): void {
    this.#clearStatus();
    this.#write(`${line}\n`);
  }

  err(line: string): void {
    this.#clearStatus();
    try {
      process.stderr.write(`${line}\n`);
    } catch {
      // As in the constructor; Deno throws where the others tell later.
    }
  }

  paint(when: "auto" | "always" | "never"): Paint {
    kleur.enabled = when === "always" || (when === "auto" && wantsColor());
    if (!kleur.enabled) return PLAIN;
    return {
      good: (text) => kleur.green(text),
      bad: (text) => kleur.red(text),
      warn: (text) => kleur.yellow(text),
      ask: (text) => kleur.cyan(text),
      faint: (text) => kleur.gray(text),
      bold: (text) => kleur.bold(text),
    };
  }

  async fileOpener(): Promise<(path: string) => ByteFile> {
    return (await import("./open-in.ts")).openIn("");
  }

  /** Loaded when it is wanted: sockets take longer to load than all that `--version` needs. */
  async openWorld(time: "real" | "virtual", transport?: TransportChoice): Promise<World> {
    if (time === "virtual") return new (await import("../worlds/sim.ts")).SimWorld();
    const [{ openLiveWorld }, { threadEntry }] = await Promise.all([
      import("../worlds/live.ts"),
      import("./thread-entry.ts"),
    ]);
    return openLiveWorld({ transport, thread: threadEntry() });
  }

  #write(text: string): void {
    try {
      process.stdout.write(text);
    } catch (error) {
      // Deno throws where the others tell later.
      this.#onBrokenOutput(error);
    }
  }

  /** A reader that has had enough, like `head`, ends the command; anything else is told as well. */
  #onBrokenOutput(error: unknown): void {
    const enough = codeOf(error) === "EPIPE";
    if (this.#broken === undefined && !enough) {
      complain(this, cannot("write to standard output", error).message);
    }
    this.#broken ??= enough ? "enough" : "failed";
    this.#interrupt();
  }

  #showStatus(text: string): void {
    if (text === "") return this.#clearStatus();
    const now = performance.now();
    if (now - this.#statusAt < STATUS_INTERVAL) return;
    this.#statusAt = now;
    this.#write(CLEAR_LINE + text);
    this.#statusShown = true;
  }

  #clearStatus(): void {
    if (!this.#statusShown) return;
    this.#statusShown = false;
    this.#write(CLEAR_LINE);
  }

  async unmet(
    requires: readonly Requirement[],
    lines: readonly LineAddress[],
  ): Promise<string | undefined> {
    if (requires.length === 0) return undefined;
    const { unmetRequirement } = await import("../worlds/requirements.ts");
    return unmetRequirement(requires, lines);
  }

  freshSeed(): string {
    return crypto.getRandomValues(new Uint32Array(1))[0]!.toString(16);
  }
}

/** A terminal that knows how wide it is, and can go back within a line. */
function hasStatusLine(): boolean {
  return process.stdout.isTTY && process.stdout.columns > 0 && process.env["TERM"] !== "dumb";
}

/** FORCE_COLOR (unless 0), then NO_COLOR (unless empty), then whether somebody is looking. */
function wantsColor(): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "0") return true;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return TERM !== "dumb" && process.stdout.isTTY;
}
