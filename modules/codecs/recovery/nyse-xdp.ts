/** Recovery of NYSE's Pillar feeds: asked for over TCP, in the words of nyse-xdp/messages.ts. */
import * as z from "zod";
import { count, oneOrMore } from "../../core/options.ts";
import { SECOND } from "../../core/time.ts";
import { XdpClient } from "./nyse-xdp/client.ts";
import { SOURCE_MAX } from "./nyse-xdp/messages.ts";
import { describeRequest, XdpServer } from "./nyse-xdp/server.ts";
import type { RecoveryDefinition } from "./recovery.ts";

/** The most messages that one request can name. */
const REQUEST_MAX = 1000;

/** How often the server wants to hear that a client lives; it gives it 5 s to say so. */
const SILENCE = 60 * SECOND;

const SOURCE_RULE = `expected 1 to ${SOURCE_MAX} printable characters, such as FEEDLAB`;

/** A source id. */
const source = (): z.ZodString =>
  z
    .string({ error: SOURCE_RULE })
    .regex(/^[\x21-\x7e]{1,10}$/, { error: SOURCE_RULE })
    .meta({ description: "who asks", examples: ["FEEDLAB"] });

/** Which feed, and who asks: what a client must know. */
export const xdpClient = z.strictObject({
  product: count(0, 255).prefault(5),
  channel: count(0, 255).prefault(1),
  source: source().default("FEEDLAB"),
});

const options = xdpClient.extend({
  /** Those that the server knows; none: it knows all. */
  sources: oneOrMore(source()).default([]),
});

/** Which feed, who asks, and who may. */
export type NyseXdpRecovery = z.output<typeof options>;

/** Asked for over TCP, without a login; sent again on a group that all can hear. */
export const nyseXdpRecovery: RecoveryDefinition<NyseXdpRecovery> = {
  name: "nyse_xdp",
  summary: "NYSE's Request Server over TCP; repairs are packets on a group of their own",
  example: "protocol: { nyse_xdp: { sources: [FEEDLAB] } }",
  options,
  create: ({ product, channel, source: who, sources }, { epochMs }) => ({
    over: "stream",
    repairs: "group",
    requestMax: REQUEST_MAX,
    connection: "many",
    requestEnds: false,
    carriesPayload: true,
    serverSilence: SILENCE,
    client: (out) => new XdpClient({ product, channel, source: who, epochMs }, out),
    server: (out) => new XdpServer({ product, channel, sources, epochMs }, out),
    describeRequest: ({ from, until }) => describeRequest({ from, until, source: who }),
    describeAnswer: (_session, seq) => `XDP ${seq} sent again`,
  }),
};
