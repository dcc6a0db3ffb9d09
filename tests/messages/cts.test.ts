import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { cts } from "../../modules/messages/cts.ts";
import {
  describeAll,
  dollars,
  fields,
  neverThrows,
  tradeBytes,
  trades,
} from "../support/messages.ts";
import { fromHex } from "../support/hex.ts";
import { noRealData, realPayloads } from "../support/real-data.ts";

const line = (bytes: Uint8Array): string | undefined => describeAll(cts, bytes);

/** The message of the fractional long trade in a capture of version 2.11b. */
const REAL = fromHex(`
  004c54524b69d4b98000062e08011d00000100003030303030314b5353202020202020202030202054490000000000ca
  f12000000000056c8cc0003030200000000000000000204e30204141`);

test("real messages are lines", () => {
  assertEquals(line(REAL), "T/R KSS 91 @ 13.3 participant K");
  const integrity = "001a4354536553f10000000000010000000000000000 00000000";
  assertEquals(line(fromHex(integrity)), "C/T line integrity");
  const start = "001a43415369d496580001a63201000000000000000000000000";
  assertEquals(line(fromHex(start)), "C/A start of day");
});

/** Everything of the header after the participant. */
const HEADER = [
  [1_700_000_000, 4],
  [5, 4],
  [1, 1],
  [6, 4],
  [7, 8],
] as const;
const TAIL = ["NAA"] as const;

test("each form of a trade shows its fields", () => {
  const long = ["KSS        ", "0", "    "] as const;
  const messages: readonly (readonly [string, Uint8Array])[] = [
    [
      "T/L KSS 91 @ 13.300001 participant K",
      fields(
        [72, 2],
        "TLK",
        ...HEADER,
        ...long,
        [13_300_001, 8],
        [91, 4],
        [0, 1],
        "00 ",
        [0, 8],
        " N0 AA",
      ),
    ],
    [
      "T/R KSS 0.5 @ 18446744073709.551615 participant K",
      fields(
        [76, 2],
        "TRK",
        ...HEADER,
        ...long,
        [2n ** 64n - 1n, 8],
        [500_000, 8],
        [0, 1],
        "00 ",
        [0, 8],
        " N0 AA",
      ),
    ],
    [
      "T/T KSS 20 @ 173.69 participant K",
      fields([40, 2], "TTK", ...HEADER, "KSS  ", "I", "4", [17_369, 2], [20, 2], ...TAIL),
    ],
    [
      "T/H KSS 0.25 @ 0.01 participant K",
      fields([42, 2], "THK", ...HEADER, "KSS  ", "I", "4", [1, 2], [250_000, 4], ...TAIL),
    ],
    ["T/S KSS trading status", fields([76, 2], "TSS", ...HEADER, "KSS        ", [0, 39])],
    ["A/S symbol reference", fields([209, 2], "ASS", ...HEADER, [0, 183])],
    ["C/L reset of the message numbers", fields([26, 2], "CLS", ...HEADER)],
    ["C/P disaster recovery activation", fields([26, 2], "CPS", ...HEADER)],
    ["C/Z end of day", fields([26, 2], "CZS", ...HEADER)],
  ];
  for (const [expected, bytes] of messages) assertEquals(line(bytes), expected);
});

test("another length, in the bytes or in the header, or another type is no message", () => {
  assertEquals(line(REAL.subarray(0, 75)), undefined);
  assertEquals(line(REAL.with(1, 75)), undefined);
  assertEquals(line(REAL.subarray(0, 75).with(1, 75)), undefined);
  assertEquals(line(REAL.with(3, 0x21)), undefined);
  assertEquals(line(REAL.with(2, 0x51)), undefined);
  assertEquals(line(REAL.with(27, 0x07)), undefined);
  assertEquals(line(REAL.subarray(0, 25)), undefined);
  assertEquals(line(new Uint8Array()), undefined);
});

test("a trade is a T/R, field by field", () => {
  const bytes = fields(
    [76, 2],
    "TRK",
    [1_700_000_000, 4],
    [123_456_789, 4],
    [1, 1],
    [7, 4],
    [7, 8],
    "KSS        ",
    "0",
    "    ",
    [13_300_000, 8],
    [91_000_000, 8],
    [0, 1],
    "00 ",
    [0, 8],
    " N0 AA",
  );
  assertEquals(tradeBytes(cts), bytes);
});

test("only the times, the numbers and the sale condition tell a made-up trade from a real one", () => {
  const time = { seconds: 0x69d4b980, nanos: 0x00062e08 };
  const made = tradeBytes(cts, { time });
  const differs = Array.from(REAL.keys()).filter((at) => made[at] !== REAL[at]);
  // Transaction id 14..17, reference number 18..25, sale condition 38..41.
  assertEquals(
    differs.filter((at) => !(at >= 14 && at < 26) && !(at >= 38 && at < 42)),
    [],
  );
});

test("numbers beyond 32 bits are kept, and the transaction id goes round", () => {
  const made = tradeBytes(cts, { number: 2 ** 53 - 1, price: 2 ** 53 - 1, size: 2 ** 40 });
  assertEquals(made.subarray(14, 26), fields([0xffff_ffff, 4], [2n ** 53n - 1n, 8]));
  assertEquals(made.subarray(42, 58), fields([2n ** 53n - 1n, 8], [2n ** 40n, 8]));
});

const ANY = { unit: 1, max: Number.MAX_SAFE_INTEGER };

test("what is written is shown", () =>
  fc.assert(
    fc.property(trades(11, ANY, ANY), (trade) => {
      const what = `${trade.symbol} ${dollars(trade.size)} @ ${dollars(trade.price)}`;
      assertEquals(line(tradeBytes(cts, trade)), `T/R ${what} participant ${trade.participant}`);
    }),
  ));

test("what cannot be said exactly is not written", () => {
  for (const trade of [
    { symbol: "KSSKSSKSSKSS" },
    { symbol: "K\u00e9" },
    { participant: "" },
    { participant: "KK" },
    { price: -1 },
    { price: 0.5 },
    { price: 2 ** 53 },
    { size: NaN },
  ]) {
    assertEquals(tradeBytes(cts, trade).length, 0, JSON.stringify(trade));
  }
});

test("the tape of trades has no quotes", () => assertEquals("quote" in cts.create({}), false));

test("any bytes are a line or nothing", () => neverThrows(cts, [REAL, tradeBytes(cts)]));

test("captured blocks: every message is a line", { skip: noRealData }, () => {
  const captures: Readonly<Record<string, string[]>> = {
    C_A_Start_of_Day: ["C/A start of day"],
    C_T_Line_Integrity: ["C/T line integrity"],
    C_Z_End_of_Day: ["C/Z end of day"],
    T_R_Fractional_Long_Trade: ["T/R KSS 91 @ 13.3 participant K"],
    "cts-1.91/IndexMessage": ["I/I NEAR.IV index 50.2267"],
    "cts-1.91/LineIntegrityMessage": ["C/T line integrity"],
    "cts-1.91/LongTradeMessage": ["T/L ALLE 17 @ 80.81 participant N"],
    "cts-1.91/ShortTradeMessage": ["T/T AMP 20 @ 132.73 participant T"],
    "cts-1.91/TradingStatusMessage": ["T/S ANW trading status"],
    "cts-2.9/LineIntegrityMessage": ["C/T line integrity"],
    "cts-2.9/LongTradeMessage": ["T/L GME 100 @ 27.1 participant N"],
    "cts-2.9/MultipleMessages": [
      "T/L HBI 44 @ 8.36 participant K",
      "T/L HBI 56 @ 8.36 participant K",
    ],
    "cts-2.9/TradingStatusMessage": ["T/S HYBX trading status"],
  };
  for (const [name, expected] of Object.entries(captures)) {
    assertEquals(realPayloads(`cta/${name}.pcap`).flatMap(linesOf), expected, name);
  }
});

/** The messages of a block: so many as its header counts, each with its length first. */
function linesOf(block: Uint8Array): (string | undefined)[] {
  let at = 20;
  return Array.from({ length: block[9]! }, () => {
    const end = at + block[at]! * 256 + block[at + 1]!;
    const shown = cts.create({}).describe(block, at, end);
    at = end;
    return shown;
  });
}
