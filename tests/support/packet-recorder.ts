import type { Batch, SenderEvents } from "../../modules/worlds/world.ts";

/** Writes down the packets that arrive, as text, and lets a test wait for them. */
export class PacketRecorder {
  readonly packets: string[] = [];
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  readonly receive = (bytes: Uint8Array): void => {
    this.packets.push(new TextDecoder().decode(bytes));
    for (const { count, resolve } of this.#waiting) {
      if (this.packets.length >= count) resolve();
    }
  };

  /** Resolves when this many have arrived. */
  count(count: number): Promise<void> {
    if (this.packets.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

/** Writes down what a sender says, and lets a test wait for room. */
export class SenderRecorder implements SenderEvents {
  readonly failures: string[] = [];
  drains = 0;
  #room: (() => void) | undefined;

  drained(): void {
    this.drains++;
    this.#room?.();
  }

  failed(reason: string): void {
    this.failures.push(reason);
  }

  /** Resolves at the next `drained`. Ask before `send`, for it may come at once. */
  room(): Promise<void> {
    return new Promise((resolve) => (this.#room = resolve));
  }
}

/** One batch with a packet for each text. */
export function batchOf(texts: readonly string[]): Batch {
  const packets = texts.map((text) => new TextEncoder().encode(text));
  const ends = new Int32Array(packets.length);
  let end = 0;
  packets.forEach((packet, i) => (ends[i] = end += packet.length));
  const slab = new Uint8Array(end);
  packets.forEach((packet, i) => slab.set(packet, ends[i]! - packet.length));
  return { slab, ends, count: packets.length };
}

/** The packets of `batch` from number `from` on, in a batch of its own. */
export function restOf({ slab, ends, count }: Batch, from: number): Batch {
  const start = from === 0 ? 0 : ends[from - 1]!;
  const rest = ends.slice(from, count).map((end) => end - start);
  return { slab: slab.subarray(start), ends: rest, count: count - from };
}
