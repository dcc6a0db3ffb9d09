import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { xdp } from "../../modules/messages/xdp.ts";
import {
  describeAll,
  fnv1a,
  neverThrows,
  QUOTE,
  quoteBytes,
  quotes,
  TRADE,
  tradeBytes,
  trades,
} from "../support/messages.ts";
import { fromHex } from "../support/hex.ts";
import { noRealData, realPayloads } from "../support/real-data.ts";

const line = (bytes: Uint8Array): string | undefined => describeAll(xdp, bytes);

/** The bytes of a message field by field: a number is that many bytes of it, the low byte first. */
function fields(...parts: readonly (string | readonly [value: bigint | number, bytes: number])[]) {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string"
        ? Array.from(part, (letter) => letter.charCodeAt(0))
        : Array.from({ length: part[1] }, (_, i) =>
            Number((BigInt(part[0]) >> BigInt(8 * i)) & 0xffn),
          ),
    ),
  );
}

test("messages of the fact sheet are lines", () => {
  const reset = "0e000100eb3bb46100833a25a233";
  assertEquals(line(fromHex(reset)), "1 sequence reset product 162 channel 51");
  const unavailable = "0e001f00e90300001a0400000501";
  const expected = "31 messages 1001 to 1050 unavailable product 5 channel 1";
  assertEquals(line(fromHex(unavailable)), expected);
});

/** Size, type, nanoseconds, symbol index and symbol sequence number. */
const head = (size: number, type: number) =>
  [
    [size, 2],
    [type, 2],
    [5, 4],
    [17, 4],
    [6, 4],
  ] as const;

test("each type shows its fields", () => {
  const deal = [
    [1_335_000, 4],
    [100, 4],
  ] as const;
  const messages: readonly (readonly [string, Uint8Array])[] = [
    [
      "3 symbol mapping index 17 KSS scale 4",
      fields([44, 2], [3, 2], [17, 4], "KSS", [0, 8], [0, 5], [4, 1], [0, 19]),
    ],
    ["32 symbol clear index 17", fields([20, 2], [32, 2], [1, 4], [2, 4], [17, 4], [3, 4])],
    ["35 refresh packet 2 of 9", fields([8, 2], [35, 2], [2, 2], [9, 2])],
    [
      "100 add order index 17 B 100 @ 1335000 unscaled order 9",
      fields(...head(39, 100), [9, 8], ...deal, "B", "     ", [0, 1]),
    ],
    [
      "101 modify order index 17 S 100 @ 1335000 unscaled order 9",
      fields(...head(35, 101), [9, 8], ...deal, [0, 1], "S", [0, 1]),
    ],
    ["102 delete order index 17 order 9", fields(...head(25, 102), [9, 8], [0, 1])],
    [
      "103 execution index 17 100 @ 1335000 unscaled order 9 trade 8",
      fields(...head(42, 103), [9, 8], [8, 4], ...deal, [1, 1], [0, 1], "    "),
    ],
    [
      "104 replace order index 17 B 100 @ 1335000 unscaled order 9 now 10",
      fields(...head(42, 104), [9, 8], [10, 8], ...deal, "B", [0, 1]),
    ],
    [
      "110 non-displayed trade index 17 100 @ -5 unscaled trade 8",
      fields(...head(33, 110), [8, 4], [-5, 4], [100, 4], [1, 1], "    "),
    ],
    [
      "111 cross trade index 17 100 @ 1335000 unscaled cross 8",
      fields(...head(29, 111), [8, 4], ...deal, "O"),
    ],
    ["112 trade cancel index 17 trade 8", fields(...head(20, 112), [8, 4])],
    ["113 cross correction index 17", fields(...head(24, 113), [0, 8])],
    ["114 retail price improvement index 17", fields(...head(17, 114), " ")],
  ];
  for (const [expected, bytes] of messages) assertEquals(line(bytes), expected);
});

test("a later version may be longer, as long as it says so; none may be shorter", () => {
  const size = (size: number): Uint8Array => fields([size, 2], [105, 2], [0, size - 4]);
  assertEquals(line(size(67)), "105 imbalance index 0");
  assertEquals(line(size(73)), "105 imbalance index 0");
  assertEquals(line(size(66)), undefined);
  assertEquals(line(size(73).subarray(0, 72)), undefined);
  assertEquals(line(fields([20, 2], [999, 2], [0, 16])), undefined);
  assertEquals(line(fields([4, 2])), undefined);
});

test("a trade is a 110, field by field", () => {
  const index = [fnv1a("KSS"), 4] as const;
  const what = [
    [7, 4],
    [7, 4],
    [133_000, 4],
    [91, 4],
    [1, 1],
  ] as const;
  const bytes = fields([33, 2], [110, 2], [123_456_789, 4], index, ...what, "    ");
  assertEquals(tradeBytes(xdp), bytes);
});

test("a quote is a 100: the bid where its number is odd, the offer where it is even", () => {
  const start = [
    [39, 2],
    [100, 2],
    [123_456_789, 4],
    [fnv1a("KSS"), 4],
  ] as const;
  assertEquals(
    quoteBytes(xdp),
    fields(...start, [7, 4], [7, 8], [132_900, 4], [300, 4], "B", [0, 6]),
  );
  assertEquals(
    quoteBytes(xdp, { number: 2 ** 40 + 8 }),
    fields(...start, [8, 4], [2 ** 40 + 8, 8], [133_100, 4], [500, 4], "S", [0, 6]),
  );
});

const PRICES = { unit: 100, max: 0x7fff_ffff };

test("what is written is shown, the price in units of its scale and the symbol by its index", () => {
  fc.assert(
    fc.property(trades(11, PRICES, { unit: 1e6, max: 0xffff_ffff }), (trade) => {
      const what = `${trade.size / 1e6} @ ${trade.price / 100} unscaled`;
      assertEquals(
        line(tradeBytes(xdp, trade)),
        `110 non-displayed trade index ${fnv1a(trade.symbol)} ${what} trade ${trade.number % 2 ** 32}`,
      );
    }),
  );
  fc.assert(
    fc.property(quotes(11, PRICES, 0xffff), (quote) => {
      const what =
        quote.number % 2 === 1
          ? `B ${100 * quote.bidSize} @ ${quote.bid / 100}`
          : `S ${100 * quote.offerSize} @ ${quote.offer / 100}`;
      assertEquals(
        line(quoteBytes(xdp, quote)),
        `100 add order index ${fnv1a(quote.symbol)} ${what} unscaled order ${quote.number}`,
      );
    }),
  );
});

test("what cannot be said exactly is not written", () => {
  for (const wrong of [
    { symbol: "KSSKSSKSSKSS" },
    { price: 1 },
    { price: 214_748_364_800 },
    { size: 1 },
    { size: 4_294_967_296e6 },
  ]) {
    assertEquals(tradeBytes(xdp, { ...TRADE, ...wrong }).length, 0, JSON.stringify(wrong));
  }
  for (const wrong of [{ symbol: "" }, { bid: 1 }, { bidSize: 42_949_673 }]) {
    assertEquals(quoteBytes(xdp, { ...QUOTE, ...wrong }).length, 0, JSON.stringify(wrong));
  }
});

test("any bytes are a line or nothing", () => neverThrows(xdp, [tradeBytes(xdp), quoteBytes(xdp)]));

test("a captured session: every message is a line", { skip: noRealData }, () => {
  const counts: Record<string, number> = {};
  const format = xdp.create({});
  const lines: (string | undefined)[] = [];
  for (const payload of realPayloads("nyse/imbalances-11819-packets.pcap")) {
    let at = 16;
    for (let i = 0; i < payload[3]!; i++) {
      const end = at + payload[at]! + 256 * payload[at + 1]!;
      const shown = format.describe(payload, at, end);
      if (lines.length < 3) lines.push(shown);
      const type = shown?.split(" index ")[0] ?? "none";
      counts[type] = (counts[type] ?? 0) + 1;
      at = end;
    }
    assertEquals(at, payload.length);
  }
  assertEquals(lines[1], "3 symbol mapping index 4608 ADM scale 4");
  assertEquals(Object.values(counts), [1, 221, 902, 10_695]);
  assertEquals(Object.keys(counts).slice(1), [
    "3 symbol mapping",
    "34 security status",
    "105 imbalance",
  ]);
});
