/** Files, read anywhere and written from front to back, on Bun, Deno and Node alike. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { ByteFile } from "../core/byte-file.ts";
import { UserError } from "../core/errors.ts";
import { quote } from "../core/units.ts";
import { adviceOn, cannot, codeOf } from "./advice.ts";

/** What the system's codes mean where files are concerned. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "this user may not: change its permissions, or take another file",
  EISDIR: "it is a folder: name a file in it",
  ENOENT: "there is no such file or folder: check the path",
  ENOTDIR: "part of the path is a file, not a folder: check the path",
  EPERM: "the system forbids it: take another file",
  EROFS: "the disk is read-only: write elsewhere",
  NotCapable: "Deno forbids it: run it with --allow-read --allow-write",
};

/** A file that is open, until it is closed. */
export interface OpenFile extends ByteFile {
  close(): void;
}

/** Opens a file for reading anywhere. Throws a UserError when that cannot be. */
export function openFile(path: string): OpenFile {
  const act = `open ${quote(path)}`;
  const file = attempt(act, () => openSync(path, "r"));
  let open = true;
  const close = (): void => {
    if (open) closeSync(file);
    open = false;
  };
  try {
    const stat = attempt(act, () => fstatSync(file));
    if (stat.isDirectory()) throw cannot(act, new UserError(ADVICE["EISDIR"]!));
    if (!stat.isFile()) {
      throw cannot(act, new UserError("it cannot be read anywhere: copy it into a file first"));
    }
    return {
      name: path,
      size: stat.size,
      read: (at, into) => attempt(`read ${quote(path)}`, () => readFully(file, at, into)),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The system may give less than there is. */
function readFully(file: number, at: number, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const read = readSync(file, into, done, into.length - done, at + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** Bytes that are written at once. */
const SINK_BYTES = 256 * 1024;

/**
 * A file that is written from front to back. The first failure is thrown as a UserError; after it
 * nothing more is written, and nothing more is thrown.
 */
export class FileSink {
  #path: string;
  #file: number | undefined;
  #bytes = new Uint8Array(SINK_BYTES);
  #filled = 0;

  /** Makes the file, or empties it. Throws a UserError when that cannot be. */
  constructor(path: string) {
    this.#path = path;
    this.#file = attempt(`write ${quote(path)}`, () => openSync(path, "w"));
  }

  /** Appends a copy of the bytes. */
  write(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#bytes.length) this.flush();
    if (bytes.length > this.#bytes.length) {
      this.#append(bytes);
    } else {
      this.#bytes.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
  }

  /** Hands everything to the system. */
  flush(): void {
    const filled = this.#filled;
    this.#filled = 0;
    this.#append(this.#bytes.subarray(0, filled));
  }

  /** Flushes and closes; a second time does nothing. */
  close(): void {
    this.flush();
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) attempt(`write ${quote(this.#path)}`, () => closeSync(file));
  }

  #append(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    } catch (error) {
      this.#file = undefined;
      closeSync(file);
      throw refusal(`write ${quote(this.#path)}`, error);
    }
  }
}

function attempt<T>(act: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw refusal(act, error);
  }
}

/** As `cannot`, with what is true of files where the same code says something else of sockets. */
function refusal(act: string, error: unknown): UserError {
  const code = codeOf(error);
  return cannot(act, new UserError(ADVICE[code] ?? adviceOn(error, code)));
}
