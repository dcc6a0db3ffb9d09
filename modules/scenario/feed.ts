/** The keys below `feed:`. */
import * as z from "zod";
import { protocols } from "../codecs/mod.ts";
import { count, positiveDuration, rate } from "../core/options.ts";
import { MILLISECOND, SECOND } from "../core/time.ts";
import { sources } from "../sources/mod.ts";

const INTERVAL_DEFAULT = 500 * MILLISECOND;

const names = (registry: readonly { readonly name: string }[]): [string, ...string[]] =>
  registry.map(({ name }) => name) as [string, ...string[]];

/** What is published, and when. */
export const feed = z
  .strictObject({
    protocol: z.enum(names(protocols)).default("demo"),
    source: z.enum(names(sources)).default("price"),
    first: count().optional(),
    messages: count(1).optional(),
    duration: positiveDuration().optional(),
    interval: positiveDuration().optional(),
    rate: rate().optional(),
  })
  .refine(({ interval, rate }) => interval === undefined || rate === undefined, {
    error: "both interval and rate say how fast: keep one of them",
  })
  .refine(({ messages, duration }) => messages !== undefined || duration !== undefined, {
    error: "the feed never ends: add messages: 22 or duration: 10s",
  })
  .transform(({ interval, rate, messages, duration, ...rest }) => ({
    ...rest,
    perSecond: rate ?? SECOND / (interval ?? INTERVAL_DEFAULT),
    end: { messages: messages ?? Infinity, duration: duration ?? Infinity },
  }));
