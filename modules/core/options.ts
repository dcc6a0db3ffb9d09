/**
 * The option types that definitions and commands are built from: zod types over our units. One
 * type reads a YAML value and a command-line word alike, and becomes the JSON schema.
 */
import * as z from "zod";
import type { RangeSet } from "./ranges.ts";
import type { Definition } from "./registry.ts";
import type { Nanos } from "./time.ts";
import {
  type Endpoint,
  parseChance,
  parseCount,
  parseDuration,
  parseEndpoint,
  parseGroup,
  parseMessages,
  parseRate,
  parseRateOrNone,
  parseSeqs,
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

/** Nanoseconds, more than none. */
export const positiveDuration = (): Scalar<Nanos> =>
  scalar(
    only(parseDuration, (ns) => (ns > 0 ? undefined : "is no time at all: write 1us or more")),
    "a time",
    ["500ms", "1.5s"],
  );

/** Events per second, from `10k/s`. */
export const rate = (): Scalar<number> => scalar(parseRate, "a rate", ["2/s", "10k/s"]);

/** As `rate`, and `0/s` for nothing at all. */
export const rateOrNone = (): Scalar<number> => scalar(parseRateOrNone, "a rate", ["10k/s", "0/s"]);

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

/** A number of messages, from `5k messages`. */
export const messages = (): Scalar<number> =>
  scalar(parseMessages, "a number of messages", ["5k messages", "100 messages"]);

/** A multicast group with its port. */
export const group = (): Scalar<Endpoint> =>
  scalar(parseGroup, "a multicast group", ["239.192.1.1:6000"]);

/** A host with its port. */
export const endpoint = (): Scalar<Endpoint> =>
  scalar(parseEndpoint, "host:port", ["127.0.0.1:7000"]);

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
