/** The command line as a process of its own, on the runtime that the tests run on. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { splitWords } from "./session.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CLI = `${ROOT}cli.ts`;

/** A program that has not ended by then hangs, and is ended. */
const WATCHDOG_MS = 25_000;

const isDeno = "Deno" in globalThis;

/** The words after `feedlab`: as they are typed, or one by one. */
export type Words = string | readonly string[];

/** What starts `feedlab`, with these words after it. */
export function commandLine(typed: Words): readonly [program: string, ...string[]] {
  const words = typeof typed === "string" ? splitWords(typed) : typed;
  const run = isDeno ? ["run", "--allow-all"] : [];
  return [process.execPath, ...run, CLI, ...words];
}

/** How a program is started. */
export interface ProgramOptions {
  /** Beside what the tests have, without what decides about colours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** When it counts as hanging, and is ended; 25 s unless told otherwise. */
  readonly limitMs?: number;
}

/** How a program ended, and all that it printed. */
export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** A program that runs. Whoever starts it stops it. */
export class Program {
  readonly out: string[] = [];
  readonly err: string[] = [];
  readonly ended: Promise<Ended>;
  #child: ChildProcess;
  #name: string;
  #over = false;
  #waiting: { readonly look: () => boolean; readonly fail: (error: Error) => void }[] = [];

  constructor([program, ...args]: readonly [string, ...string[]], options: ProgramOptions = {}) {
    const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
    this.#name = args.slice(args.indexOf(CLI) + 1).join(" ");
    this.#child = spawn(program, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...env, DENO_NO_UPDATE_CHECK: "1", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const watchdog = setTimeout(() => this.#child.kill("SIGKILL"), options.limitMs ?? WATCHDOG_MS);
    this.#read(this.#child.stdout!, this.out);
    this.#read(this.#child.stderr!, this.err);
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (exited, signal) => {
        clearTimeout(watchdog);
        this.#over = true;
        this.#look();
        // Deno calls it a signal when a program that was sent one exits with 128 and its number.
        const code = isDeno && signal !== null ? 128 + constants.signals[signal] : exited;
        resolve({ code: code ?? undefined, out: this.out, err: this.err });
      });
    });
  }

  /** Resolves to the first line that matches, printed or yet to come, on either output. */
  line(pattern: RegExp | string): Promise<string> {
    const matches = (line: string): boolean =>
      typeof pattern === "string" ? line === pattern : pattern.test(line);
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const found = this.out.find(matches) ?? this.err.find(matches);
        if (found !== undefined) resolve(found);
        return found !== undefined;
      };
      if (look()) return;
      this.#waiting.push({
        look,
        fail: ({ message }) => reject(new Error(`${message} before it said ${pattern}`)),
      });
      if (this.#over) this.#look();
    });
  }

  /** Resolves when it is ready: what happens from now on it will see. */
  async ready(): Promise<this> {
    await this.line(/^(?:Publishing to|Listening to|Answering on|\{"event":"ready")/);
    return this;
  }

  /** The system's number for it. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Closes our end of its standard output, as `head` does when it has enough. */
  closeOutput(): void {
    this.#child.stdout!.destroy();
  }

  /** Ends it, whatever it does, if it runs. */
  async stop(): Promise<void> {
    if (!this.#over) this.#child.kill("SIGKILL");
    await this.ended;
  }

  #read(stream: NodeJS.ReadableStream, lines: string[]): void {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
      this.#look();
    });
    stream.on("end", () => {
      if (rest !== "") lines.push(rest);
    });
    // A stream that we closed ourselves.
    stream.on("error", () => {});
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ look }) => !look());
    if (!this.#over) return;
    const said = [...this.out.slice(-20), ...this.err.slice(-20)].join("\n");
    for (const { fail } of this.#waiting) fail(new Error(`${this.#name} ended:\n${said}\n`));
    this.#waiting = [];
  }
}

/** Starts programs, and stops those that still run when the test is over. */
export class Programs {
  readonly #started: Program[] = [];

  /** Starts `feedlab` with these words. */
  start(words: Words, options: ProgramOptions = {}): Program {
    const program = new Program(commandLine(words), options);
    this.#started.push(program);
    return program;
  }

  /** Starts what is no feedlab, or feedlab in a shell. */
  startOther(command: readonly [string, ...string[]], options: ProgramOptions = {}): Program {
    const program = new Program(command, options);
    this.#started.push(program);
    return program;
  }

  /** Runs `feedlab` with these words to its end. */
  run(words: Words, options: ProgramOptions = {}): Promise<Ended> {
    return this.start(words, options).ended;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((program) => program.stop()));
  }
}
