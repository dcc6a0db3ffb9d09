/** The parts of a feed, by its protocol, for those that measure one of them. */
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { type FeedParts, feedParts } from "../../modules/scenario/open.ts";

/** Bytes of a message, where the protocol carries any. */
export const MESSAGE_BYTES = 36;

/** What a feed of that protocol is made of: with messages of 36 bytes, or its own. */
export function partsOf(protocol: string): FeedParts {
  const text = (source: string): string => `
feedlab: 1
name: bench
feed: { protocol: ${protocol}, messages: 1000${source} }
lines: { A: { group: 233.252.0.1:6000 } }
`;
  const own = loadScenario(text(""), "bench.yaml");
  const equal = `, source: { counter: { size: ${MESSAGE_BYTES} bytes } }`;
  const { scenario = own.scenario } = loadScenario(text(equal), "bench.yaml");
  if (scenario === undefined) throw new Error(formatProblems(own.problems));
  return feedParts(scenario.feeds[0], "bench");
}

/** The first messages of a feed. */
export function messagesOf(parts: FeedParts, count: number): Uint8Array[] {
  const source = parts.createSource();
  const into = new Uint8Array(parts.protocol.packets.packetMax);
  return Array.from({ length: count }, (_, i) => {
    return into.slice(0, source.write(parts.first + i, into, 0));
  });
}

/** Takes in a message, whatever its place among those before: order matters, and so does each byte. */
export function addUp(sum: number, bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) sum = (Math.imul(sum, 31) + bytes[at]!) | 0;
  return sum;
}
