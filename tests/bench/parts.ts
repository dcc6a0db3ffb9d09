/**
 * One part of feedlab by itself, in a process of its own: how many messages a second go through it.
 *
 *     parts.ts encode|decode PROTOCOL MESSAGES
 *     parts.ts bare-encode|bare-decode - MESSAGES       MoldUDP64 as one loop
 *     parts.ts arbiter lines|recovery MESSAGES          two lines; or one, with 1 % recovered
 *     parts.ts tap mixed|RULES MESSAGES                 four kinds of rules; or so many of one kind
 *
 * Everything is checked once before the clock starts: what comes out is what went in. Prints JSON.
 */
import process from "node:process";
import { bareDecode, bareEncode, decode, encode } from "./codec-work.ts";
import { arbiter, MIXED, RARE, tap } from "./machine-work.ts";
import { must, type Work } from "./work.ts";

const [what = "", which = "", many] = process.argv.slice(2);
const works: Readonly<Record<string, () => Work>> = {
  encode: () => encode(which),
  decode: () => decode(which),
  "bare-encode": bareEncode,
  "bare-decode": bareDecode,
  arbiter: () => arbiter(which === "recovery"),
  tap: () => tap(which === "mixed" ? MIXED : Array.from({ length: Number(which) }, () => RARE)),
};
const work = works[what]!();
const messages = Number(many);
// Compiled, and as warm as in the middle of a feed.
work(Math.min(messages, 200_000));
const began = performance.now();
const done = work(messages);
const seconds = (performance.now() - began) / 1000;
must(done >= messages, `${done} of ${messages} messages went through`);
console.log(JSON.stringify({ perSecond: done / seconds }));
