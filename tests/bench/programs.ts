/** Programs that a group starts: measured in a process of their own, so that nothing else is in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { basename, isAbsolute } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Where the project is. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The path of a file of this folder. */
export const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A program that has not ended by then hangs. */
const LIMIT_MS = 180_000;

/** A program that runs. What it says of an error is told when it has failed. */
export class Running {
  readonly #child: ChildProcess;
  readonly #name: string;
  #text = "";
  #errors = "";
  #over = false;
  #look: () => void = () => {};
  readonly #ended: Promise<number | null>;

  constructor([program = "", ...words]: readonly string[], limitMs: number = LIMIT_MS) {
    const name = (word: string): string => (isAbsolute(word) ? basename(word) : word);
    this.#name = (words.length > 0 ? words : [program]).map(name).join(" ");
    this.#child = spawn(program, words, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: limitMs,
      killSignal: "SIGKILL",
      cwd: ROOT,
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text;
      this.#look();
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
      this.#look();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => {
        this.#over = true;
        this.#look();
        resolve(code);
      });
    });
    // Whoever waits for it is told; until then nobody may.
    this.#ended.catch(() => {});
  }

  /** The system's number for it. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves when it has said so, on either output. */
  said(word: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (this.#text.includes(word) || this.#errors.includes(word)) resolve();
        else if (this.#over) reject(new Error(`${this.#name} ended before it said ${word}`));
      };
      this.#ended.catch(reject);
      this.#look();
    });
  }

  /** Ends it, whatever it does, if it runs. */
  async stop(): Promise<void> {
    if (!this.#over) this.#child.kill("SIGKILL");
    await this.#ended.catch(() => {});
  }

  /** All that it printed, when it has ended well. */
  async output(): Promise<string> {
    const code = await this.#ended;
    if (code !== 0) {
      const lines = [this.#text, this.#errors].map((text) => text.trim().split("\n"));
      const last = lines.map((text) => text.at(-1)).filter((line) => line !== "");
      throw new Error(`${this.#name} ended with ${code ?? "a signal"}: ${last.join("; ")}`);
    }
    return this.#text;
  }

  /** Its last line, which is JSON. */
  async json(): Promise<unknown> {
    return JSON.parse((await this.output()).trim().split("\n").at(-1) ?? "");
  }
}

/** Runs a file of this folder with the Bun that runs us, and returns the JSON of its last line. */
export function ours(name: string, words: readonly string[] = []): Promise<unknown> {
  return new Running([process.execPath, here(name), ...words]).json();
}
