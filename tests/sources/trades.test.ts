import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { demo } from "../../modules/codecs/demo.ts";
import { UserError } from "../../modules/core/errors.ts";
import { createRng } from "../../modules/core/rng.ts";
import { messageFormats } from "../../modules/messages/mod.ts";
import type { Source, SourceDeps } from "../../modules/sources/source.ts";
import { trades } from "../../modules/sources/trades.ts";
import { depsFor, packetsOf } from "../support/sources.ts";

const PACKETS = {
  text: demo.create({}, { epochMs: 0 }).packets,
  itch: packetsOf(["itch"]),
  utp: packetsOf(["utp", "itch"]),
  cts: packetsOf(["cts"], "high"),
  cqs: packetsOf(["cqs"], "high"),
  xdp: packetsOf(["xdp"], "low"),
};
type Name = keyof typeof PACKETS;
const NAMES = Object.keys(PACKETS) as Name[];

function create(name: Name, given: unknown = {}, deps: Partial<SourceDeps> = {}): Source {
  return trades.create(trades.options.parse(given), depsFor(PACKETS[name], deps));
}

function bytesOf(source: Source, seq: number): Uint8Array {
  const into = new Uint8Array(1472).fill(0xdd);
  return into.slice(0, source.write(seq, into, 0));
}

function lineOf(name: Name, source: Source, seq: number): string {
  const format = messageFormats.find((format) => format.name === name)!.create({});
  const bytes = bytesOf(source, seq);
  const line = format.describe(bytes, 0, bytes.length);
  assert(line !== undefined, `${name} ${seq}: no message`);
  return line;
}

const linesOf = (name: Name, source: Source, count: number): string[] =>
  Array.from({ length: count }, (_, i) => lineOf(name, source, i + 1));

for (const name of NAMES) {
  test(`${name}: every message is one of the format`, () => {
    const source = create(name);
    assertEquals(source.messages, undefined);
    linesOf(name, source, 2000);
    for (const seq of [2 ** 32, 2 ** 40 + 1, 2 ** 53 - 2]) lineOf(name, source, seq);
  });

  test(`${name}: a message is a function of the seed and its number, whatever was asked before`, () =>
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 40), { minLength: 1, maxLength: 20 }), (seqs) => {
        const [one, two] = [create(name), create(name)];
        const backwards = seqs.toReversed().map((seq) => bytesOf(one, seq + 1));
        assertEquals(
          seqs.map((seq) => bytesOf(two, seq + 1)),
          backwards.toReversed(),
        );
      }),
      { numRuns: 50 },
    ));
}

test("another seed is another feed", () => {
  const lines = (seed: string): string[] =>
    linesOf("utp", create("utp", {}, { rng: createRng(seed) }), 100);
  assertEquals(lines("1"), lines("1"));
  const same = lines("1").filter((line, i) => line === lines("2")[i]);
  assertEquals(same, []);
});

test("quotes have their share where the format has both, else one kind is all there is", () => {
  const kinds = (name: Name, given: unknown = {}): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const line of linesOf(name, create(name, given), 5000)) {
      const kind = line.split(" ")[0]!;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  };
  const near = (count: number | undefined, share: number): void => {
    const bound = 5 * Math.sqrt(5000 * share * (1 - share));
    assert(Math.abs((count ?? 0) - 5000 * share) < bound, `${count} of 5000`);
  };
  near(kinds("utp")["Q/E"], 0.8);
  near(kinds("utp")["T/M"], 0.2);
  near(kinds("itch", { quotes: "10%" })["A"], 0.1);
  near(kinds("xdp", { quotes: "50%" })["100"], 0.5);
  assertEquals(kinds("utp", { quotes: "0%" }), { "T/M": 5000 });
  assertEquals(kinds("utp", { quotes: "100%" }), { "Q/E": 5000 });
  assertEquals(kinds("cts"), { "T/R": 5000 });
  assertEquals(kinds("cts", { quotes: "0%" }), { "T/R": 5000 });
  assertEquals(kinds("cqs"), { "Q/Q": 5000 });
  assertEquals(kinds("cqs", { quotes: "100%" }), { "Q/Q": 5000 });
});

test("all symbols come, about as often as each other", () => {
  const counts: Record<string, number> = {};
  for (const line of linesOf("cts", create("cts"), 8000)) {
    const symbol = line.split(" ")[1]!;
    counts[symbol] = (counts[symbol] ?? 0) + 1;
  }
  assertEquals(Object.keys(counts).toSorted(), "AAPL BAC F GE IBM KO KSS MSFT".split(" "));
  const bound = 5 * Math.sqrt((8000 * 7) / 64);
  for (const count of Object.values(counts)) assert(Math.abs(count - 1000) < bound, String(count));
});

test("the price of a symbol walks: in small steps, within a quarter of its start, in whole cents", () => {
  const source = create("cts", { symbols: "KSS" });
  const prices = linesOf("cts", source, 20_000).map((line) => Number(line.split(" ")[4]));
  const cents = prices.map((price) => Math.round(price * 100));
  assertEquals(
    prices.map((price) => price.toFixed(2)),
    cents.map((cents) => (cents / 100).toFixed(2)),
  );
  const [low, high] = [Math.min(...cents), Math.max(...cents)];
  assert(high / low <= 1.25 / 0.75, `${low} to ${high}`);
  assert(new Set(cents).size > 20, "it does not stand still");
  // A step of the walk, in a quarter of at most 500 dollars, and a cent from bid to offer.
  const step = 2 ** -11 * 0.25 * 50_000 + 2;
  assert(cents.every((price, i) => i === 0 || Math.abs(price - cents[i - 1]!) <= step));
});

test("a bid is below its offer", () => {
  for (const line of linesOf("cqs", create("cqs"), 2000)) {
    const [, , bid, , bidSize, , offer, , offerSize] = line.split(" ");
    const spread = Math.round((Number(offer) - Number(bid)) * 100);
    assert(spread >= 1 && spread <= 3, line);
    assert(Number(bidSize) >= 1 && Number(offerSize) >= 1, line);
  }
});

test("another symbol changes no symbol's price", () => {
  const first = (symbols: string[], symbol: string): string => {
    const source = create("cts", { symbols });
    const lines = linesOf("cts", source, 200).filter((line) => line.split(" ")[1] === symbol);
    return lines[0]!.split(" ")[4]!;
  };
  const [alone, among] = [first(["KSS"], "KSS"), first(["IBM", "KSS", "F"], "KSS")];
  assert(Math.abs(Number(alone) - Number(among)) < 1, `${alone}, ${among}`);
});

/** The seconds and nanoseconds of a T/R. */
function timeOf(source: Source, seq: number): [number, number] {
  const view = new DataView(bytesOf(source, seq).buffer);
  return [view.getUint32(5), view.getUint32(9)];
}

test("times begin with the run and are as far apart as the feed's messages", () => {
  const times = (deps: Partial<SourceDeps>, seqs: readonly number[]): [number, number][] => {
    const source = create("cts", {}, deps);
    return seqs.map((seq) => timeOf(source, seq));
  };
  assertEquals(times({ epochMs: 1_700_000_000_250 }, [1, 2, 3, 4]), [
    [1_700_000_000, 250_000_000],
    [1_700_000_000, 750_000_000],
    [1_700_000_001, 250_000_000],
    [1_700_000_001, 750_000_000],
  ]);
  assertEquals(times({ first: 100, perSecond: 3 }, [100, 101, 102, 103]), [
    [1_700_000_000, 0],
    [1_700_000_000, 333_333_333],
    [1_700_000_000, 666_666_666],
    [1_700_000_001, 0],
  ]);
  // Ten million seconds of a million messages, and one message more.
  assertEquals(times({ perSecond: 1e6 }, [1e13 + 2]), [[1_710_000_000, 1000]]);
  assertEquals(times({ perSecond: 0.1 }, [1, 2, 3]), [
    [1_700_000_000, 0],
    [1_700_000_010, 0],
    [1_700_000_020, 0],
  ]);
});

test("times ascend, whatever the rate is", () =>
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ min: 0.01, max: 1e7, noNaN: true }), fc.integer({ min: 1, max: 1e7 })),
      fc.nat(1e7),
      fc.nat(1e6),
      (perSecond, index, epochMs) => {
        const source = create("cts", {}, { perSecond, epochMs });
        let before = -1n;
        for (let seq = index + 1; seq < index + 30; seq++) {
          const [seconds, nanos] = timeOf(source, seq);
          assert(nanos < 1e9);
          const now = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
          assert(now >= before, `${before}, then ${now}`);
          const due = epochMs / 1000 + (seq - 1) / perSecond;
          assert(Math.abs(seconds + nanos / 1e9 - due) < 1e-6, `${seconds} ${nanos}, not ${due}`);
          before = now;
        }
      },
    ),
    { numRuns: 200 },
  ));

test("a message carries its number, from 1", () => {
  const view = new DataView(bytesOf(create("cts", {}, { first: 50 }), 56).buffer);
  assertEquals(view.getBigInt64(18), 7n);
});

test("symbols are checked", () => {
  const parse = (symbols: unknown): boolean => trades.options.safeParse({ symbols }).success;
  assertEquals(["IBM", ["IBM"], ["BRK.A", "F", "ABCDEFGHIJK"]].map(parse), [true, true, true]);
  assertEquals(["", "ibm", [], ["IBM", 5], "ABCDEFGHIJKL", "A B"].map(parse), Array(6).fill(false));
});

test("what cannot be made up is refused, with the remedy", () => {
  const refused = (name: Name, given: unknown): string =>
    assertThrows(() => create(name, given), UserError).message;
  assertEquals(
    refused("cts", { quotes: "80%" }),
    "cannot make up trades: cts has no quotes, and 80% are to be quotes: remove quotes",
  );
  assertEquals(
    refused("cqs", { quotes: "80%" }),
    "cannot make up trades: cqs has quotes alone, not 80% of them: remove quotes",
  );
  assertEquals(
    refused("itch", { symbols: ["IBM", "ABCDEFGHI"] }),
    "cannot make up trades: the symbol ABCDEFGHI is too long for itch: shorten it",
  );
  const packets = packetsOf(["smoke-signals", "itch"]);
  const wrong =
    "nobody here can make up smoke-signals or itch: write source: counter or source: price";
  assertEquals(trades.fits!(packets), wrong);
  const error = assertThrows(() => trades.create({ symbols: ["F"] }, depsFor(packets)), UserError);
  assertEquals(error.message, `cannot make up trades: ${wrong}`);
});
