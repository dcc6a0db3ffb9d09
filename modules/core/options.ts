/**
 * The option types that definitions and commands are built from: zod types over our units. One
 * type reads a YAML value and a command-line word alike, and becomes the JSON schema.
 */
import * as z from "zod";
import type { RangeSet } from "./ranges.ts";
import { type Definition, nearest } from "./registry.ts";
import { type Nanos, SECOND, type TimeWindow } from "./time.ts";
import {
  type Endpoint,
  parseBitRate,
  parseChance,
  parseCount,
  parseDuration,
  parseEndpoint,
  parseGroup,
  parseHost,
  parseMessages,
  parsePackets,
  parseRate,
  parseRateOrMax,
  parseRateOrNone,
  parseSeqs,
  parseSize,
  parseSpread,
  parseWindow,
  UnitError,
} from "./units.ts";

/** A type that reads a scalar with one of the `parse...` functions of our units. */
function scalar<T>(
  parse: (text: string) => T,
  what: string,
  examples: string[],
): z.ZodType<T, string | number> {
  return z
    .union([z.string(), z.number()], { error: `expected ${what}, such as ${examples[0]}` })
    .meta({ description: what, examples })
    .transform((value, context) => {
      try {
        return parse(String(value));
      } catch (error) {
        if (!(error instanceof UnitError)) throw error;
        context.addIssue(error.message);
        return z.NEVER;
      }
    });
}

/** Adds a rule to a parsed value; the message says what to write instead. */
function only<T>(parse: (text: string) => T, rule: (value: T) => string | undefined) {
  return (text: string): T => {
    const value = parse(text);
    const wrong = rule(value);
    if (wrong !== undefined) throw new UnitError(`${JSON.stringify(text)} ${wrong}`);
    return value;
  };
}

type Scalar<T> = z.ZodType<T, string | number>;

/** Nanoseconds, from `500ms`. */
export const duration = (): Scalar<Nanos> => scalar(parseDuration, "a time", ["500ms", "1.5s"]);

/** From one time to another, both in, in nanoseconds: `1ms..3ms`, or one alone. */
export const spread = (): Scalar<TimeWindow> =>
  scalar(parseSpread, "a time or a range of times", ["5ms", "0..3ms"]);

/** Nanoseconds, more than none. */
export const positiveDuration = (): Scalar<Nanos> =>
  scalar(
    only(parseDuration, (ns) => (ns > 0 ? undefined : "is no time at all: write 1us or more")),
    "a time",
    ["500ms", "1.5s"],
  );

/** Events per second, from `10k/s`. */
export const rate = (): Scalar<number> => scalar(parseRate, "a rate", ["2/s", "10k/s"]);

/**
 * As `rate`, and `0/s` for nothing at all; at most one event a nanosecond, which clocks count. With
 * `max`, that word as well: as fast as it goes is Infinity.
 */
export const paceRate = ({ max = false } = {}): Scalar<number> =>
  scalar(
    only(max ? parseRateOrMax : parseRateOrNone, (perSecond) =>
      perSecond > SECOND && perSecond !== Infinity
        ? "is faster than a clock of nanoseconds can tell: write 1G/s or less"
        : undefined,
    ),
    "a rate",
    ["10k/s", "0/s", ...(max ? ["max"] : [])],
  );

/** Events per second, from `10k/s`, but not none; `max`, as fast as it goes, is Infinity. */
export const rateOrMax = (): Scalar<number> =>
  scalar((text) => (text.trim() === "max" ? Infinity : parseRate(text)), "a rate", [
    "2/s",
    "10k/s",
    "max",
  ]);

/** A share of one, from `1%`. */
export const chance = (): Scalar<number> => scalar(parseChance, "a chance", ["1%", "0.01%"]);

/** A whole number in [min, max], from `10k`. */
export const count = (min = 0, max: number = Number.MAX_SAFE_INTEGER): Scalar<number> =>
  scalar(
    only(parseCount, (n) =>
      n < min
        ? `is too small: write ${min} or more`
        : n > max
          ? `is too large: write ${max} or less`
          : undefined,
    ),
    "a whole number",
    ["500", "10k"],
  );

/** Part of the schedule, in nanoseconds: `3s..5s`, whose end is out, or `10s..`. */
export const timeWindow = (): Scalar<TimeWindow> =>
  scalar(parseWindow, "a time window", ["3s..5s", "10s.."]);

/** Bits per second, from `10Mbit/s`. */
export const bitRate = (): Scalar<number> =>
  scalar(parseBitRate, "a bit rate", ["10Mbit/s", "500kbit/s"]);

/** Bytes, at least `min`, from `1400 bytes` or `64KiB`. */
export const size = (min = 0): Scalar<number> =>
  scalar(
    only(parseSize, (bytes) => (bytes < min ? `is too small: write ${min} or more` : undefined)),
    "a size",
    ["1400 bytes", "64KiB"],
  );

/** A number of packets in [0, max], from `3 packets`. */
export const packets = (max: number): Scalar<number> =>
  scalar(
    only(parsePackets, (n) => (n > max ? `is too many: write ${max} packets or fewer` : undefined)),
    "a number of packets",
    ["3 packets", "100 packets"],
  );

/** Packets to be counted, or nanoseconds to be waited. */
export type Depth =
  | { readonly packets: number; readonly time?: never }
  | { readonly time: Nanos; readonly packets?: never };

/** `3 packets` or `5ms`; not none of either. */
export const depth = (): Scalar<Depth> =>
  scalar(
    only(
      (text): Depth =>
        /packet|^\s*\d+\s*$/.test(text)
          ? { packets: parsePackets(text) }
          : { time: parseDuration(text) },
      (by) =>
        (by.packets ?? by.time) === 0 ? "changes no order: write 1 packet or more" : undefined,
    ),
    "a number of packets or a time",
    ["3 packets", "5ms"],
  );

/** Like netem's: how much of each draw is that of the one before, in [0, 0.99]. */
export const correlation = (): Scalar<number> =>
  scalar(
    only(parseChance, (share) =>
      share > 0.99 ? "hardly ever draws anew: write 99% or less" : undefined,
    ),
    "a correlation",
    ["25%"],
  );

/** How many times as fast, from `10` or `10x`. */
export const speed = (): z.ZodType<number, string | number> =>
  z
    .union([z.number(), z.string()], { error: "expected a factor, such as 10x" })
    .meta({ description: "how many times as fast", examples: ["10x", "0.5x"] })
    .transform((value, context) => {
      const factor = Number(String(value).replace(/x$/, ""));
      if (factor > 0 && factor <= 1e6) return factor;
      context.addIssue(`${JSON.stringify(value)} is no speed: write 10x, or 0.5x for half of it`);
      return z.NEVER;
    });

/** One value of a type, or a list of at least one. */
export function oneOrMore<T>(type: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.union([type.transform((one) => [one]), z.array(type).min(1)]);
}

/** A number of messages, from `5k messages`. */
export const messages = (): Scalar<number> =>
  scalar(parseMessages, "a number of messages", ["5k messages", "100 messages"]);

/** A multicast group with its port. */
export const group = (): Scalar<Endpoint> =>
  scalar(parseGroup, "a multicast group", ["239.192.1.1:6000"]);

/** A host with its port. */
export const endpoint = (): Scalar<Endpoint> =>
  scalar(parseEndpoint, "host:port", ["127.0.0.1:7000"]);

/** The IPv4 address of one machine. */
export const host = (): Scalar<string> => scalar(parseHost, "an IPv4 address", ["10.0.0.1"]);

/** A set of sequence numbers: `10, 15..20`, or a list of such. */
export const seqs = (): z.ZodType<RangeSet, string | number | (string | number)[]> =>
  z
    .union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))], {
      error: "expected numbers, such as 10 or [10, 15..20]",
    })
    .meta({ description: "a set of sequence numbers", examples: ["10", "15..20"] })
    .transform((value, context) => {
      try {
        return parseSeqs(String(value));
      } catch (error) {
        if (!(error instanceof UnitError)) throw error;
        context.addIssue(error.message);
        return z.NEVER;
      }
    });

/**
 * An entry of a registry by its name, like `demo`, or by a key with its options, like
 * `{ cta: { feed: quotes } }`. The keys of `beside` may stand next to it.
 */
export function named<D extends Definition<unknown, unknown, never>, S extends z.ZodRawShape>(
  registry: readonly D[],
  what: string,
  beside: S = {} as S,
): z.ZodType<Choice<D, z.output<z.ZodObject<S>>>> {
  const plain = registry.filter(({ options }) => options.safeParse({}).success);
  const names = plain.map(({ name }) => name) as [string, ...string[]];
  const byName = z.enum(names).transform((name) => {
    const definition = plain.find((entry) => entry.name === name)!;
    const rest = z.object(beside).parse({});
    return { definition, options: definition.options.parse({}), rest };
  });
  return z.union([byName, oneOf(registry, what, beside)], {
    error: ({ input }) => (typeof input === "string" ? wrongName(input, registry) : undefined),
  });
}

/** What is wrong with a name alone, where more can be said than that it is none of those known. */
function wrongName(
  word: string,
  registry: readonly Pick<Definition<unknown, unknown, never>, "name" | "example" | "options">[],
): string | undefined {
  const found = registry.find(({ name }) => name === word);
  const shown = JSON.stringify(word);
  if (found !== undefined) return `${shown} needs more than its name: write ${found.example}`;
  const names = registry.map(({ name }) => name);
  const near = registry.find(({ name }) => name === nearest(word, names));
  if (near?.options.safeParse({}).success === true) return undefined;
  const meant = near === undefined ? "" : `: did you mean ${JSON.stringify(near.name)}?`;
  return `${shown} is none of ${names.join(", ")}${meant}`;
}

/** One entry of a registry, chosen by its key, with its options read. */
export interface Choice<D, Rest = unknown> {
  readonly definition: D;
  readonly options: unknown;
  /** The keys that stood beside it. */
  readonly rest: Rest;
}

/**
 * A map with exactly one key from the registry, like `{ every: 5 }`. The keys of `beside` may stand
 * next to it.
 */
export function oneOf<D extends Definition<unknown, unknown, never>, S extends z.ZodRawShape>(
  registry: readonly D[],
  what: string,
  beside: S = {} as S,
): z.ZodType<Choice<D, z.output<z.ZodObject<S>>>> {
  const names = registry.map(({ name }) => name);
  const effects = Object.fromEntries(registry.map((d) => [d.name, d.options.optional()]));
  return z.strictObject({ ...effects, ...beside }).transform((given, context) => {
    const values = given as Record<string, unknown>;
    const [definition, ...others] = registry.filter(({ name }) => values[name] !== undefined);
    if (definition === undefined || others.length > 0) {
      context.addIssue(`${what} takes exactly one of: ${names.join(", ")}`);
      return z.NEVER;
    }
    const { [definition.name]: options, ...rest } = values;
    return { definition, options, rest: rest as z.output<z.ZodObject<S>> };
  });
}
