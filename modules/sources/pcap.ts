import * as z from "zod";
import { endpoint, oneOrMore } from "../core/options.ts";
import { NEVER } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import { readRecording } from "./pcap/read.ts";
import { RecordedMessages } from "./pcap/messages.ts";
import type { SourceDefinition } from "./source.ts";

/** Which file, and where the packets in it went to: the lines of one feed. */
interface PcapOptions {
  readonly file: string;
  readonly group?: readonly Endpoint[] | undefined;
}

const file = z.string().min(1).meta({ description: "the path of a pcap or pcapng file" });

/**
 * The messages of a captured feed under the numbers that they had, in the packets and at the times in
 * which they were captured. Several lines of it are merged: the first copy of a message counts.
 *
 * The whole file is read once when the source is created, so that a capture with a hole in it is
 * refused before anything is published; in memory stays where each packet lies.
 */
export const pcap: SourceDefinition<PcapOptions> = {
  name: "pcap",
  summary: "the messages of a captured feed, as they were packed and timed",
  example: "source: { pcap: { file: morning.pcapng, group: 239.192.1.1:6000 } }",
  options: z.union([
    file.transform((file) => ({ file })),
    z.strictObject({ file, group: oneOrMore(endpoint()).optional() }),
  ]),
  file: "file",
  create({ file, group }, deps) {
    const { first, packets } = deps;
    const capture = deps.open(file);
    const { index, session } = readRecording(capture, packets, group);
    const messages = new RecordedMessages(capture, packets, index);
    const { from, until } = index;
    return {
      messages: until - from,
      first: from,
      session,
      timing: {
        at: (message) => (from + message < until ? index.timeOf(from + message) : NEVER),
        endsPacket: (message) => index.isLast(from + message),
      },
      write(seq, into, at) {
        const recorded = from + (seq - first);
        return seq < first || recorded >= until ? -1 : messages.write(recorded, into, at);
      },
    };
  },
};
