/** The first bytes of what means nothing as two digits each, and how many there were: for people. */
export function showBytes(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, SHOWN_MAX);
  const digits = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (bytes.length === 0) return "no bytes";
  return bytes.length > SHOWN_MAX ? `${digits} ... (${bytes.length} bytes)` : digits;
}

const SHOWN_MAX = 24;
