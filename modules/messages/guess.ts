/** One line for a message of which only the formats are known that it may have. */
import type { MessageFormat } from "./message.ts";

/** As many bytes are shown of a message that nobody understands. */
const DUMPED_MAX = 16;

/** As the first format that understands the message puts it; else its bytes, as many as fit a line. */
export function describeMessage(
  formats: readonly MessageFormat[],
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  for (const format of formats) {
    const line = format.describe(bytes, start, end);
    if (line !== undefined) return line;
  }
  return dump(bytes, start, end);
}

/** `00 24 41 20`, or `00 24 ... of 36 bytes`. */
function dump(bytes: Uint8Array, start: number, end: number): string {
  if (start >= end) return "no bytes";
  const shown = Array.from(bytes.subarray(start, Math.min(end, start + DUMPED_MAX)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join(" ");
  return end - start > DUMPED_MAX ? `${shown} ... of ${end - start} bytes` : shown;
}
