import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { utp } from "../../modules/messages/utp.ts";
import {
  describeAll,
  dollars,
  fields,
  neverThrows,
  quoteBytes,
  quotes,
  tradeBytes,
  trades,
} from "../support/messages.ts";
import { fromHex } from "../support/hex.ts";

const line = (bytes: Uint8Array): string | undefined => describeAll(utp, bytes);

/** The message of a captured short quote, of UQDF 1.5. */
const REAL = fromHex(`
  315145 4b20 14748f30d34785aa 14748f30d3449460 0000000000000000 414b414d20 1403 0001 1404 0001
  52202020 3041`);

const NANOS = 1_700_000_000_123_456_789n;
const header = (type: string) => [`1${type}K `, [NANOS, 8], [NANOS, 8], [7, 8]] as const;

test("real messages are lines", () => assertEquals(line(REAL), "Q/E AKAM 51.23 x 1 / 51.24 x 1"));

test("a short quote is a Q/E, field by field", () => {
  const prices = [
    [1329, 2],
    [3, 2],
    [1331, 2],
    [5, 2],
  ] as const;
  assertEquals(quoteBytes(utp), fields(...header("QE"), "KSS  ", ...prices, "R   0A"));
});

test("a long quote is a Q/F, field by field", () => {
  const prices = [
    [13_290_000, 8],
    [3, 4],
    [13_310_000, 8],
    [5, 4],
  ] as const;
  const bytes = fields(...header("QF"), [0, 8], "KSSKSS     ", ...prices, "R   0A ");
  assertEquals(quoteBytes(utp, { symbol: "KSSKSS" }), bytes);
  assertEquals(bytes.length, 79);
  assertEquals(line(bytes), "Q/F KSSKSS 13.29 x 3 / 13.31 x 5");
});

test("a short trade is a T/M, field by field", () => {
  const what = ["KSS  ", [7, 8], [1330, 2], [91_000_000, 8]] as const;
  const bytes = fields(...header("TM"), [0, 8], ...what, "     00");
  assertEquals(tradeBytes(utp), bytes);
  assertEquals(bytes.length, 67);
  assertEquals(line(bytes), "T/M KSS 91 @ 13.3 originator K");
});

test("a long trade is a T/N, field by field", () => {
  const what = ["KSS        ", [7, 8], [13_300_001, 8], [91_000_000, 8]] as const;
  const bytes = fields(...header("TN"), [0, 8], ...what, "     ", [0, 2], "00");
  assertEquals(tradeBytes(utp, { price: 13_300_001 }), bytes);
  assertEquals(bytes.length, 81);
  assertEquals(line(bytes), "T/N KSS 91 @ 13.300001 originator K");
});

test("nanoseconds since 1970 are exact, though they are more than a number counts", () =>
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(999_999_999), (seconds, nanos) => {
      const bytes = tradeBytes(utp, { time: { seconds, nanos } });
      const expected = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
      assertEquals(bytes.subarray(5, 21), fields([expected, 8], [expected, 8]));
    }),
  ));

test("best prices behind a quote are counted", () => {
  const quote = "Q/E AKAM 51.23 x 1 / 51.24 x 1";
  const more = (bytes: number): Uint8Array => fields(String.fromCharCode(...REAL), [0, bytes]);
  assertEquals(line(more(11)), `${quote}, 11 bytes of best prices`);
  assertEquals(line(more(27)), `${quote}, 27 bytes of best prices`);
  assertEquals(line(more(1)), undefined);
});

test("control messages and older types are called by their names", () => {
  const lines = {
    CI: "C/I start of day",
    CJ: "C/J end of day",
    CO: "C/O market session open",
    CC: "C/C market session close",
    CZ: "C/Z end of transmissions",
  };
  for (const [type, expected] of Object.entries(lines)) {
    assertEquals(line(fields(...header(type))), expected);
    assertEquals(line(fields(...header(type), " ")), undefined);
  }
  for (const type of ["TA", "TW", "TZ", "TY", "TH", "QA", "QB", "QC", "QD"]) {
    const shown = line(fields(...header(type), [0, 30]));
    assertEquals(shown?.startsWith(`${type[0]}/${type[1]} `), true, type);
  }
});

test("another length, version or type is no message", () => {
  assertEquals(line(REAL.subarray(0, 47)), undefined);
  assertEquals(line(REAL.with(0, 0x32)), undefined);
  assertEquals(line(REAL.with(2, 0x5a)), undefined);
  assertEquals(line(REAL.with(29, 0x80)), undefined);
  assertEquals(line(tradeBytes(utp).subarray(0, 66)), undefined);
  assertEquals(line(new Uint8Array()), undefined);
});

const CENTS = { unit: 10_000, max: 65_535 };
const ANY = { unit: 1, max: Number.MAX_SAFE_INTEGER };

test("what is written is shown", () => {
  fc.assert(
    fc.property(fc.oneof(trades(5, CENTS, ANY), trades(11, ANY, ANY)), (trade) => {
      const shown = line(tradeBytes(utp, trade))!;
      const what = `${trade.symbol} ${dollars(trade.size)} @ ${dollars(trade.price)}`;
      assertEquals(shown.slice(4), `${what} originator ${trade.participant}`);
    }),
  );
  fc.assert(
    fc.property(fc.oneof(quotes(5, CENTS, 65_535), quotes(11, ANY, 0xffff_ffff)), (quote) => {
      const bid = `${dollars(quote.bid)} x ${quote.bidSize}`;
      const offer = `${dollars(quote.offer)} x ${quote.offerSize}`;
      const shown = line(quoteBytes(utp, quote))!;
      assertEquals(shown.slice(4), `${quote.symbol} ${bid} / ${offer}`);
    }),
  );
});

test("what cannot be said exactly is not written", () => {
  for (const wrong of [{ symbol: "KSSKSSKSSKSS" }, { participant: "" }]) {
    assertEquals([tradeBytes(utp, wrong).length, quoteBytes(utp, wrong).length], [0, 0]);
  }
  assertEquals(tradeBytes(utp, { price: 2 ** 53 }).length, 0);
  assertEquals(tradeBytes(utp, { size: 0.5 }).length, 0);
  assertEquals(quoteBytes(utp, { bid: -1 }).length, 0);
  assertEquals(quoteBytes(utp, { bidSize: 2 ** 32 }).length, 0);
});

test("any bytes are a line or nothing", () =>
  neverThrows(utp, [
    REAL,
    tradeBytes(utp),
    tradeBytes(utp, { symbol: "KSSKSS" }),
    quoteBytes(utp, { symbol: "KSSKSS" }),
  ]));
