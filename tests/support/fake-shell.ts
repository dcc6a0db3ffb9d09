/** A shell that keeps what was said, for tests of commands. Its worlds are virtual. */
import type { Shell } from "../../modules/commands/shell.ts";
import type { ByteFile } from "../../modules/core/byte-file.ts";
import type { Requirement } from "../../modules/core/requirement.ts";
import { PLAIN, type Paint } from "../../modules/reports/paint.ts";
import { openFile } from "../../modules/worlds/file.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { World } from "../../modules/worlds/world.ts";

/** Where the words of a command go. */
export class FakeShell implements Shell {
  readonly columns: number = 80;
  readonly room: Shell["room"];
  readonly printed: string[] = [];
  readonly errors: string[] = [];
  readonly statuses: string[] = [];
  readonly status: ((text: string) => void) | undefined;
  interrupted: Promise<void> = new Promise(() => {});

  constructor(terminal: "terminal" | "pipe" = "pipe") {
    const columns = terminal === "terminal" ? this.columns : Infinity;
    this.room = { out: columns, err: columns };
    if (terminal === "terminal") this.status = (text) => void this.statuses.push(text);
  }

  /** Everything on standard output. */
  get said(): string {
    return this.printed.join("\n");
  }

  /** Everything on standard error. */
  get complained(): string {
    return this.errors.join("\n");
  }

  out(line: string): void {
    this.printed.push(line);
  }

  err(line: string): void {
    this.errors.push(line);
  }

  paint(): Paint {
    return PLAIN;
  }

  fileOpener(): Promise<(path: string) => ByteFile> {
    return Promise.resolve(openFile);
  }

  async openWorld(): Promise<World> {
    return new SimWorld();
  }

  /** This machine has everything but Deno. */
  unmet(requires: readonly Requirement[]): Promise<string | undefined> {
    return Promise.resolve(requires.includes("deno") ? "requires deno: none here" : undefined);
  }

  freshSeed(): string {
    return "5eed";
  }
}
