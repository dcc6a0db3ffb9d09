/** Options that more than one command takes. */
import * as z from "zod";
import { protocols } from "../codecs/mod.ts";
import { recoveries } from "../codecs/recovery/mod.ts";
import { count, endpoint, group, host, positiveDuration, speed, spread } from "../core/options.ts";
import { lookUp } from "../core/registry.ts";
import type { TimeWindow } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import { impairments } from "../impairments/mod.ts";
import { messageFormats } from "../messages/mod.ts";
import type { ReadRule } from "../scenario/rules.ts";
import { NO_SKEW } from "../scenario/skew.ts";
import { sources } from "../sources/mod.ts";

/** One of a few words. */
export const choice = <T extends string>(...words: [T, ...T[]]): z.ZodType<T> =>
  z.enum(words, { error: `is not one of ${words.join(", ")}` });

/** How a command tells what happens. */
export const OUTPUT_OPTIONS = {
  output: {
    value: "<text|json>",
    summary: "lines for people, or one JSON event a line",
    type: choice("text", "json"),
    fallback: "text",
  },
  quiet: { summary: "only the summary at the end" },
  color: {
    value: "<when>",
    summary: "auto, always or never",
    type: choice("auto", "always", "never"),
    fallback: "auto",
  },
} as const;

/** Where a line of a feed is. */
export const LINE_OPTIONS = {
  group: {
    value: "<group:port>",
    summary: "the multicast group",
    type: group(),
    fallback: "239.192.1.1:6000",
  },
  interface: {
    value: "<name|address>",
    summary: "the network interface; lo stays on this machine",
    type: z.string().min(1, "is empty: name an interface, like lo or eth0"),
    fallback: "lo",
  },
} as const;

/** A line as the command line names it. */
export interface GivenLine {
  readonly name: string;
  readonly group: Endpoint;
  readonly skew: TimeWindow;
}

const LINE_WORD = /^([A-Za-z][A-Za-z0-9_-]*)=([^@]*)(?:@(.*))?$/;

/** `A=239.192.1.1:6000`, with `@5ms` behind it where lines are published. */
const lineOption = (skewed: boolean): z.ZodType<GivenLine> =>
  z.string().transform((word, context) => {
    const like = `write it like A=239.192.1.1:6000${skewed ? "@5ms" : ""}`;
    const refuse = (message: string): typeof z.NEVER => {
      context.addIssue(message);
      return z.NEVER;
    };
    const [, name, place = "", skew] = LINE_WORD.exec(word) ?? [];
    if (name === undefined) return refuse(`is not a line's name and its group: ${like}`);
    const address = group().safeParse(place);
    if (!address.success) return refuse(address.error.issues[0]!.message);
    if (skew === undefined) return { name, group: address.data, skew: NO_SKEW };
    if (!skewed) return refuse(`a skew is given to what is published: leave out @${skew}`);
    const late = spread().safeParse(skew);
    return late.success
      ? { name, group: address.data, skew: late.data }
      : refuse(late.error.issues[0]!.message);
  });

/** Several lines of one feed, in place of `--group`. */
export const MANY_LINES = {
  line: {
    value: "<name=group:port>",
    summary: "one of several lines, in place of --group; any number of times",
    type: lineOption(false),
    many: true,
  },
} as const;

/** Whom a listener hears. */
export const HEARD_OPTION = {
  "source-address": {
    value: "<address>",
    summary: "hear the sender with this IPv4 address alone (source-specific multicast)",
    type: host(),
  },
} as const;

/** The same for lines that are published, each by so much later than the schedule. */
export const MANY_SKEWED_LINES = {
  line: {
    value: "<name=group:port@skew>",
    summary: "one of several lines, in place of --group; any number of times; @5ms may be left out",
    type: lineOption(true),
    many: true,
  },
} as const;

function listOf(registry: readonly { readonly name: string }[]): string {
  return registry.map(({ name }) => name).join(", ");
}

const oneOf = (registry: readonly { readonly name: string }[]): z.ZodType<string> =>
  z.string().regex(/\S/, `is empty: write one of ${listOf(registry)}`);

/** How the packets of a feed look. */
export const PROTOCOL_OPTION = {
  protocol: {
    value: "<protocol>",
    summary: `${listOf(protocols)}; with options: 'cta: { feed: quotes }' (default: demo)`,
    type: oneOf(protocols),
  },
} as const;

/** Where the messages of a feed come from. */
export const SOURCE_OPTIONS = {
  source: {
    value: "<source>",
    summary: `${listOf(sources)}; with options: 'itch: FILE' (default: price or trades)`,
    type: oneOf(sources),
  },
  speed: {
    value: "<factor>",
    summary: "recorded times, so many times as fast: 10x",
    type: speed(),
  },
  session: { value: "<name>", summary: "what the session is called", type: z.string() },
} as const;

/** How lost messages are asked for, where it is not what the protocol has. */
export const RECOVERY_OPTIONS = {
  "recovery-protocol": {
    value: "<protocol>",
    summary: `${listOf(recoveries)} (default: that of --protocol)`,
    type: oneOf(recoveries),
  },
  repairs: {
    value: "<group:port>",
    summary: "where messages are sent again, in protocols that do not send them in the answer",
    type: group(),
  },
} as const;

/** Where programs ask how a command is doing. */
export const METRICS_OPTION = {
  metrics: {
    value: "<host:port>",
    summary: "count here for Prometheus, at /metrics",
    type: endpoint(),
  },
} as const;

/** Which sockets carry the feed. */
export const TRANSPORT_OPTION = {
  transport: {
    value: "<which>",
    summary: "auto, portable or linux: the sockets of the runtime, or Linux's own where they work",
    type: choice("auto", "portable", "linux"),
    fallback: "auto",
  },
} as const;

/** What messages say. */
export const DECODE_OPTION = {
  decode: {
    value: "[format]",
    summary: `what messages say: ${listOf(messageFormats)} (default: what the protocol carries)`,
    type: choice("auto", ...messageFormats.map(({ name }) => name)),
    alone: "auto",
  },
} as const;

/** When a command ends by itself. */
export const END_OPTIONS = {
  messages: { value: "<count>", summary: "end after so many messages", type: count(1) },
  duration: { value: "<time>", summary: "end after this time", type: positiveDuration() },
} as const;

/** `127.0.0.1:7000`, or `none`. */
export const endpointOrNone = (): z.ZodType<Endpoint | "none"> =>
  z.union([z.literal("none"), endpoint()], {
    error: "is neither host:port nor none: write it like 127.0.0.1:7000",
  });

/** `every:5`, `seq:10,15..20`, `chance:1%` or `none`, as a rule. */
export const dropOption = (): z.ZodType<ReadRule | "none"> =>
  z.string().transform((word, context) => {
    if (word === "none") return word;
    const colon = word.indexOf(":");
    const model = word.slice(0, colon);
    const raw = { [model]: word.slice(colon + 1) };
    const definition = lookUp(impairments, "drop", "impairment");
    const read = definition.options.safeParse(raw);
    if (read.success) return { definition, options: read.data, rest: {} };
    const [issue] = read.error.issues;
    context.addIssue(
      colon < 0 || issue?.code === "unrecognized_keys" || messageOf(issue!).startsWith("Invalid")
        ? `${JSON.stringify(word)} is not a loss: write every:5, seq:10,15..20, chance:1% or none; ` +
            `--impair takes the others`
        : `${JSON.stringify(word)}: ${messageOf(issue!)}`,
    );
    return z.NEVER;
  });

/** Of a word that could be more than one thing, what the first of them says. */
function messageOf(issue: z.core.$ZodIssue): string {
  const first = issue.code === "invalid_union" ? issue.errors[0]?.[0] : undefined;
  return first === undefined ? issue.message : messageOf(first);
}
