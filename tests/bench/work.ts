/** Work for one part by itself, checked as it is done. */
import process from "node:process";

/** Messages in a packet, where its format takes more than one. */
export const BATCH = 12;

/** Does the work for so many messages or a few more, and returns how many it was. */
export type Work = (messages: number) => number;

/** Ends the program unless what came out is what went in. */
export function must(holds: boolean, why: string): asserts holds {
  if (holds) return;
  console.log(`wrong: ${why}`);
  process.exit(1);
}
