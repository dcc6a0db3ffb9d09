/** Recovery for the Consolidated Tape, in a format of feedlab's own: see cta/messages.ts. */
import * as z from "zod";
import { count } from "../../core/options.ts";
import { type CtaFeed, type CtaVersion, feedName, LETTER } from "../cta/layout.ts";
import { BlockWriter } from "../cta/writer.ts";
import { CtaClient } from "./cta/client.ts";
import { describeRequest } from "./cta/messages.ts";
import { CtaServer } from "./cta/server.ts";
import type { RecoveryDefinition } from "./recovery.ts";

/** The most messages that one request can name: a limit of feedlab's. */
const REQUEST_MAX = 1000;

/** Which tape and line is asked about. */
export interface CtaRecovery {
  readonly feed: CtaFeed;
  /** Of the blocks that are sent again. */
  readonly version: CtaVersion;
  readonly line: number;
}

/** Asked for over TCP, in a format for the lab; sent again on a group that all can hear. */
export const ctaRecovery: RecoveryDefinition<CtaRecovery> = {
  name: "cta",
  summary: "a lab format over TCP; repairs are blocks on a group of their own",
  example: "protocol: { cta: { line: 3 } }",
  options: z.strictObject({
    feed: z.enum(["trades", "quotes"]).default("trades"),
    version: z.literal([0, 2]).default(2),
    line: count(0, 0xffff).prefault(1),
  }),
  create: ({ feed, version, line }, { epochMs }) => {
    const of = { feed: LETTER[feed], line };
    const name = feedName(of.feed);
    return {
      over: "stream",
      repairs: "group",
      requestMax: REQUEST_MAX,
      connection: "many",
      requestEnds: false,
      carriesPayload: true,
      client: (out) => new CtaClient(of, out),
      server: (out) =>
        new CtaServer(of, new BlockWriter({ feed, version, epochMs, repair: true }), out),
      describeRequest: ({ from, until }) => describeRequest({ ...of, from, until }),
      describeAnswer: (_session, seq) => `${name} ${seq} sent again`,
    };
  },
};
