/** The Consolidated Tape's wire: blocks of trades or of quotes (cta/layout.ts), and how to ask again. */
import * as z from "zod";
import type { PacketCodec, ProtocolDefinition } from "./codec.ts";
import { decodeBlock, describeBlock } from "./cta/blocks.ts";
import {
  BLOCK_MAX,
  type CtaFeed,
  type CtaVersion,
  MESSAGES_MAX,
  NUMBER_MAX,
} from "./cta/layout.ts";
import { BlockWriter } from "./cta/writer.ts";
import { ctaRecovery } from "./recovery/cta.ts";

/** Which of the tapes, and which version of its blocks is written; both versions are read. */
export interface Cta {
  readonly feed: CtaFeed;
  readonly version: CtaVersion;
}

/** Blocks of trades or quotes, checked by their sum; repairs arrive on a group of their own. */
export const cta: ProtocolDefinition<Cta> = {
  name: "cta",
  summary: "blocks of the Consolidated Tape: CTS trades or CQS quotes",
  example: "protocol: { cta: { feed: quotes } }",
  options: z.strictObject({
    feed: z.enum(["trades", "quotes"]).default("trades"),
    version: z.literal([0, 2]).default(2),
  }),
  create: ({ feed, version }, deps) => {
    const packets: PacketCodec = {
      messagesMax: MESSAGES_MAX,
      packetMax: BLOCK_MAX,
      firstSeq: 1,
      // The end of day has the number after the last.
      lastSeq: NUMBER_MAX - 1,
      heartbeats: true,
      sessionBytes: 0,
      messages: [feed === "trades" ? "cts" : "cqs"],
      decode: (bytes, into) => decodeBlock(feed, bytes, into),
      writer: (repair = false) => new BlockWriter({ feed, version, epochMs: deps.epochMs, repair }),
      describe: describeBlock,
    };
    return { packets, recovery: ctaRecovery.create({ feed, version, line: 1 }, deps) };
  },
};
