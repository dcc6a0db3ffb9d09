/** Options that more than one command takes. */
import * as z from "zod";
import { count, endpoint, group, positiveDuration } from "../core/options.ts";
import { lookUp } from "../core/registry.ts";
import type { Endpoint } from "../core/units.ts";
import { impairments } from "../impairments/mod.ts";
import type { ReadRule } from "../scenario/rules.ts";

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
