import * as z from "zod";
import type { PacketCodec } from "../codecs/codec.ts";
import { UserError } from "../core/errors.ts";
import { chance, oneOrMore } from "../core/options.ts";
import { formatShare } from "../core/units.ts";
import type { WallTime } from "../core/time.ts";
import type { MessageFormat, Quote, Trade } from "../messages/message.ts";
import { messageFormats } from "../messages/mod.ts";
import {
  MESSAGE_BYTES_MAX,
  type Source,
  type SourceDefinition,
  type SourceDeps,
} from "./source.ts";
import { carries } from "./trial.ts";
import { Noise, Walk } from "./walk.ts";

const SYMBOLS: readonly string[] = ["AAPL", "BAC", "F", "GE", "IBM", "KO", "KSS", "MSFT"];
const QUOTES_DEFAULT = 0.8;
/** Letters of exchanges that both tapes know. */
const PARTICIPANTS = ["K", "N", "P", "V", "X", "Z"] as const;

/** In cents: a walk stays within a quarter of where it starts, which short forms can still tell. */
const START_MIN = 1_000;
const START_MAX = 50_000;
const REACH = 0.25;
const CENT = 10_000;
const SHARE = 1_000_000;

/** What draws are for. */
const FOR = { symbol: 0, kind: 1, participant: 2, side: 3, spread: 4, size: 5, other: 6 };

interface Options {
  readonly symbols: readonly string[];
  /** A share of the messages. */
  readonly quotes?: number | undefined;
}

const symbol = z
  .string({ error: "expected a symbol, such as IBM" })
  .regex(
    /^[A-Z][A-Z0-9.]{0,10}$/,
    "a symbol is a capital letter and up to 10 letters, digits or dots",
  )
  .meta({ description: "a symbol", examples: ["IBM", "BRK.A"] });

/** One symbol or more. */
export const symbolsOption = (): z.ZodType<readonly string[]> => oneOrMore(symbol);

/**
 * Made-up trades and quotes, without end, in the first message format of the protocol. A message is a
 * function of the seed and its number: it can be written at any time, in any order. Prices walk; times
 * are as far apart as the feed's messages are on average.
 */
export const trades: SourceDefinition<Options> = {
  name: "trades",
  summary: "made-up trades and quotes, in the message format of the protocol",
  example: "source: { trades: { symbols: [IBM, KSS], quotes: 80% } }",
  options: z.strictObject({
    symbols: symbolsOption().default([...SYMBOLS]),
    quotes: chance().optional(),
  }),
  fits,
  create(options, deps) {
    const wrong = fits(deps.packets) ?? wrongOptions(options, deps.packets);
    if (wrong !== undefined) throw new UserError(`cannot make up trades: ${wrong}`);
    return new Trades(options, formatOf(deps.packets)!, deps);
  },
};

/** The format that is made up, if it is one of ours. */
function formatOf({ messages }: PacketCodec): MessageFormat | undefined {
  return messageFormats.find(({ name }) => name === messages[0])?.create({});
}

function fits(packets: PacketCodec): string | undefined {
  const format = formatOf(packets);
  const into = new Uint8Array(1024);
  const carried = (length: number): boolean => carries(packets, into.subarray(0, length));
  if (format?.trade !== undefined && carried(format.trade(into, sampleTrade("A"))))
    return undefined;
  if (format?.quote !== undefined && carried(format.quote(into, sampleQuote("A"))))
    return undefined;
  const known = packets.messages.join(" or ") || "messages of no known format";
  return `nobody here can make up ${known}: write source: counter or source: price`;
}

/** What the format cannot do that the options ask for. */
function wrongOptions({ symbols, quotes }: Options, packets: PacketCodec): string | undefined {
  const format = formatOf(packets)!;
  const name = packets.messages[0];
  if (format.quote === undefined && quotes !== undefined && quotes > 0) {
    return `${name} has no quotes, and ${formatShare(quotes)} are to be quotes: remove quotes`;
  }
  if (format.trade === undefined && quotes !== undefined && quotes < 1) {
    return `${name} has quotes alone, not ${formatShare(quotes)} of them: remove quotes`;
  }
  const into = new Uint8Array(1024);
  const long = symbols.find(
    (symbol) =>
      format.trade?.(into, sampleTrade(symbol)) === 0 ||
      format.quote?.(into, sampleQuote(symbol)) === 0,
  );
  return long === undefined ? undefined : `the symbol ${long} is too long for ${name}: shorten it`;
}

const SAMPLE = { participant: "N", time: { seconds: 0, nanos: 0 }, number: 1 };

function sampleTrade(symbol: string): Trade {
  return { ...SAMPLE, symbol, price: 10 * SHARE, size: SHARE };
}

function sampleQuote(symbol: string): Quote {
  return { ...SAMPLE, symbol, bid: 10 * SHARE, offer: 11 * SHARE, bidSize: 1, offerSize: 1 };
}

class Trades implements Source {
  #format: MessageFormat;
  #symbols: readonly string[];
  /** In cents. */
  #starts: readonly number[];
  #quotes: number;
  #noise: Noise;
  /** By symbol. */
  #walks: readonly Walk[];
  #first: number;
  #epochMs: number;
  #perSecond: number;
  /** Formats write from the beginning of a buffer. */
  #message = new Uint8Array(MESSAGE_BYTES_MAX);

  constructor(options: Options, format: MessageFormat, deps: SourceDeps) {
    this.#format = format;
    this.#symbols = options.symbols;
    this.#noise = new Noise(deps.rng.fork("trades"));
    // By the symbol's name, so that one more of them changes no other's prices.
    this.#walks = options.symbols.map((name) => new Walk(new Noise(deps.rng.fork(`walk/${name}`))));
    this.#starts = options.symbols.map(
      (name) => START_MIN + deps.rng.fork(`start/${name}`).below(START_MAX - START_MIN),
    );
    const { quotes = QUOTES_DEFAULT } = options;
    this.#quotes = format.quote === undefined ? 0 : format.trade === undefined ? 1 : quotes;
    this.#first = deps.first;
    this.#epochMs = deps.epochMs;
    this.#perSecond = deps.perSecond;
  }

  write(seq: number, into: Uint8Array, at: number): number {
    const message = this.#message;
    const length = this.#write(seq, message);
    for (let i = 0; i < length; i++) into[at + i] = message[i]!;
    return length;
  }

  #write(seq: number, into: Uint8Array): number {
    const noise = this.#noise;
    const which = noise.below(this.#symbols.length, FOR.symbol, seq);
    const index = seq - this.#first;
    const common = {
      symbol: this.#symbols[which]!,
      participant: PARTICIPANTS[noise.below(PARTICIPANTS.length, FOR.participant, seq)]!,
      time: timeAt(index, this.#epochMs, this.#perSecond),
      number: index + 1,
    };
    const walk = this.#walks[which]!.at(seq);
    const bid = Math.round(this.#starts[which]! * (1 + REACH * walk)) * CENT;
    const quote = noise.chance(this.#quotes, FOR.kind, seq);
    return quote ? this.#quote(seq, common, bid, into) : this.#trade(seq, common, bid, into);
  }

  #quote(seq: number, common: Common, bid: number, into: Uint8Array): number {
    const noise = this.#noise;
    return this.#format.quote!(into, {
      ...common,
      bid,
      offer: bid + (1 + noise.below(3, FOR.spread, seq)) * CENT,
      bidSize: 1 + noise.below(50, FOR.size, seq),
      offerSize: 1 + noise.below(50, FOR.other, seq),
    });
  }

  #trade(seq: number, common: Common, bid: number, into: Uint8Array): number {
    const noise = this.#noise;
    const shares = noise.chance(0.7, FOR.other, seq)
      ? 100 * (1 + noise.below(10, FOR.size, seq))
      : 1 + noise.below(99, FOR.size, seq);
    // At the bid or at the nearest offer.
    const price = bid + noise.below(2, FOR.side, seq) * CENT;
    return this.#format.trade!(into, { ...common, price, size: shares * SHARE });
  }
}

type Common = Pick<Trade, "symbol" | "participant" | "time" | "number">;

const NANOS = 1e9;

/**
 * When message `index`, from 0, is made, at so many a second: the seconds by themselves, for their
 * nanoseconds since 1970 are more than a number counts.
 */
function timeAt(index: number, epochMs: number, perSecond: number): WallTime {
  const whole = Math.floor(index / perSecond);
  const within = Math.floor(((index - whole * perSecond) * NANOS) / perSecond);
  const second = Math.floor(epochMs / 1000);
  const nanos =
    Math.round((epochMs - second * 1000) * 1e6) + Math.min(Math.max(within, 0), NANOS - 1);
  return nanos < NANOS
    ? { seconds: second + whole, nanos }
    : { seconds: second + whole + 1, nanos: nanos - NANOS };
}
