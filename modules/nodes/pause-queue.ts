/** Bytes that wait on a line whose receive buffer nobody knows, before the rest is lost. */
export const PAUSED_BYTES_MAX: number = 8 * 1024 * 1024;

interface Waiting {
  readonly line: number;
  readonly bytes: Uint8Array;
}

/**
 * What arrives while nobody reads, in the order in which it came. Each line holds as much as its
 * receive buffer, by the bytes of its packets, and what comes then is lost, as the system would lose it.
 */
export class PauseQueue {
  /** Those that go on; the last one is blamed. */
  #pauses: string[] = [];
  #waiting: Waiting[] = [];
  /** Bytes that wait, by line. */
  #held: number[] = [];

  /** The name of the pause that goes on, the latest if there are several. */
  get pause(): string | undefined {
    return this.#pauses.at(-1);
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  /** From now on nobody reads. */
  begin(name: string): void {
    this.#pauses.push(name);
  }

  /** Ends a pause that goes on; true when nothing keeps from reading any more. */
  end(name: string): boolean {
    const before = this.#pauses.length;
    this.#pauses = this.#pauses.filter((other) => other !== name);
    return before > 0 && this.#pauses.length === 0;
  }

  /** Keeps a copy of the bytes; false when the line has no room for them within `bytesMax`. */
  keep(line: number, bytes: Uint8Array, bytesMax: number): boolean {
    const held = (this.#held[line] ?? 0) + bytes.length;
    if (held > bytesMax) return false;
    this.#held[line] = held;
    this.#waiting.push({ line, bytes: new Uint8Array(bytes) });
    return true;
  }

  /** All that waits, which is forgotten here. */
  take(): readonly Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#held = [];
    return waiting;
  }
}
