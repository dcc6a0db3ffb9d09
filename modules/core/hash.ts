/**
 * A fingerprint of a text as 16 hexadecimal digits: two FNV-1a sums over its UTF-16 units, each
 * finished as in MurmurHash3. It tells texts apart that differ by accident, not by intent.
 */
export function fingerprint(text: string): string {
  return [0x811c9dc5, 0x9e3779b9].map((basis) => hex(sum(text, basis))).join("");
}

function sum(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
