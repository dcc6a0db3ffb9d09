/** What is on the wire, for people: one line without a control character. */

const SHOWN_MAX = 24;

/** The first bytes of what means nothing as two digits each, and how many there were: for people. */
export function showBytes(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, SHOWN_MAX);
  const digits = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (bytes.length === 0) return "no bytes";
  return bytes.length > SHOWN_MAX ? `${digits} ... (${bytes.length} bytes)` : digits;
}

/** The name of a session for people: without padding, what cannot be printed as `\x1b`. */
export function showSession(session: string): string {
  const shown = session.replace(/ +$/, "").replace(/[^\x20-\x5b\x5d-\x7e]/g, escaped);
  return shown === "" ? "(blank)" : shown;
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
