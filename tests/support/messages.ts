/** What the tests of all message formats share. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { MessageDefinition, Quote, Trade } from "../../modules/messages/message.ts";

/** A trade in plain numbers, for expectations that are worked out by hand. */
export const TRADE: Trade = {
  symbol: "KSS",
  price: 13_300_000,
  size: 91_000_000,
  participant: "K",
  time: { seconds: 1_700_000_000, nanos: 123_456_789 },
  number: 7,
};

/** A quote in plain numbers. */
export const QUOTE: Quote = {
  symbol: "KSS",
  bid: 13_290_000,
  offer: 13_310_000,
  bidSize: 3,
  offerSize: 5,
  participant: "K",
  time: { seconds: 1_700_000_000, nanos: 123_456_789 },
  number: 7,
};

/** The bytes that a format writes for a trade, in a buffer that was used before. */
export function tradeBytes(definition: MessageDefinition, trade: Partial<Trade> = {}): Uint8Array {
  const into = new Uint8Array(256).fill(0xdd);
  return into.slice(0, definition.create({}).trade!(into, { ...TRADE, ...trade }));
}

/** The bytes that a format writes for a quote, in a buffer that was used before. */
export function quoteBytes(definition: MessageDefinition, quote: Partial<Quote> = {}): Uint8Array {
  const into = new Uint8Array(256).fill(0xdd);
  return into.slice(0, definition.create({}).quote!(into, { ...QUOTE, ...quote }));
}

/** As `describe`, of all of the bytes. */
export function describeAll(definition: MessageDefinition, bytes: Uint8Array): string | undefined {
  return definition.create({}).describe(bytes, 0, bytes.length);
}

/**
 * The bytes of a message written down field by field: a number is that many bytes of it, the high
 * byte first; a text is itself.
 */
export function fields(
  ...parts: readonly (string | readonly [value: bigint | number, bytes: number])[]
) {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string"
        ? Array.from(part, (letter) => letter.charCodeAt(0))
        : Array.from({ length: part[1] }, (_, i) =>
            Number((BigInt(part[0]) >> BigInt(8 * (part[1] - 1 - i))) & 0xffn),
          ),
    ),
  );
}

/** Millionths as a person writes them. */
export function dollars(millionths: number): string {
  const whole = Math.floor(millionths / 1e6);
  const rest = String(millionths % 1e6)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return rest === "" ? String(whole) : `${whole}.${rest}`;
}

/** Any bytes, bytes that are nearly one of the messages given, and those cut short, are described or not. */
export function neverThrows(definition: MessageDefinition, messages: readonly Uint8Array[]): void {
  const nearly = fc
    .record({
      message: fc.constantFrom(...messages),
      spoils: fc.array(fc.tuple(fc.nat(255), fc.nat(255)), { maxLength: 4 }),
      cut: fc.option(fc.nat(255)),
    })
    .map(({ message, spoils, cut }) => {
      const bytes = message.slice(0, cut ?? message.length);
      for (const [at, value] of spoils) if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 300 }), nearly),
      fc.nat(20),
      (bytes, before) => {
        const within = new Uint8Array(before + bytes.length + 20).fill(0x41);
        within.set(bytes, before);
        const copy = within.slice();
        const format = definition.create({});
        const line = format.describe(within, before, before + bytes.length);
        assertEquals(within, copy);
        assertEquals(line, format.describe(bytes, 0, bytes.length));
        assert(line === undefined || /^[\x20-\x7e]+$/.test(line), line);
      },
    ),
    { numRuns: 2000 },
  );
}

const symbols = (max: number): fc.Arbitrary<string> =>
  fc.stringMatching(/^[A-Z][A-Z0-9.]{0,10}$/).map((symbol) => symbol.slice(0, max));

const common = (max: number) => ({
  symbol: symbols(max),
  participant: fc.constantFrom("K", "N", "Q"),
  time: fc.record({ seconds: fc.nat(0xffff_ffff), nanos: fc.nat(999_999_999) }),
  number: fc.oneof(
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  ),
});

/** Trades whose price and size are whole multiples of so many millionths, up to so many of those. */
export const trades = (symbolMax: number, price: Step, size: Step): fc.Arbitrary<Trade> =>
  fc.record({ ...common(symbolMax), price: multiples(price), size: multiples(size) });

/** Quotes whose prices are as those of `trades`; sizes up to `sizeMax` round lots. */
export const quotes = (symbolMax: number, price: Step, sizeMax: number): fc.Arbitrary<Quote> =>
  fc.record({
    ...common(symbolMax),
    bid: multiples(price),
    offer: multiples(price),
    bidSize: fc.nat(sizeMax),
    offerSize: fc.nat(sizeMax),
  });

/** A unit in millionths, and how many of it there may be. */
export interface Step {
  readonly unit: number;
  readonly max: number;
}

const multiples = ({ unit, max }: Step): fc.Arbitrary<number> =>
  fc.oneof(fc.maxSafeNat(), fc.nat(1_000_000)).map((n) => (n % (max + 1)) * unit);

/** Fowler, Noll and Vo's sum as their paper has it, in numbers without an end. */
export function fnv1a(text: string): bigint {
  let hash = 0x811c9dc5n;
  for (const letter of text) {
    hash = ((hash ^ BigInt(letter.charCodeAt(0))) * 0x01000193n) & 0xffffffffn;
  }
  return hash;
}
