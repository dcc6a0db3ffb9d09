import type { MessageBlock } from "../../modules/core/store.ts";

/** Messages in one block, with a byte of no meaning before each of them. */
export function blockOf(...messages: readonly Uint8Array[]): MessageBlock {
  const bounds = new Int32Array(2 * messages.length);
  const bytes: number[] = [];
  for (const [i, message] of messages.entries()) {
    bytes.push(0xee);
    bounds[2 * i] = bytes.length;
    for (const byte of message) bytes.push(byte);
    bounds[2 * i + 1] = bytes.length;
  }
  return { bytes: Uint8Array.from(bytes), count: messages.length, bounds };
}
