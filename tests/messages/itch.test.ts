import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { itch } from "../../modules/messages/itch.ts";
import {
  describeAll,
  dollars,
  fields,
  fnv1a,
  neverThrows,
  quoteBytes,
  quotes,
  tradeBytes,
  trades,
} from "../support/messages.ts";
import { fromHex } from "../support/hex.ts";
import { noRealData, realBytes, realPayloads } from "../support/real-data.ts";

const line = (bytes: Uint8Array): string | undefined => describeAll(itch, bytes);

/** Of the sum of the symbol, one more than its rest by 65535: 0 is no stock. */
const KSS_LOCATE = 1 + (Number(fnv1a("KSS")) % 0xffff);

test("real messages are lines", () => {
  const messages: Readonly<Record<string, string>> = {
    "41 20bd 0000 1f1acedb597b 0000000000970c7c 42 00000064 5649584d20202020 00034134":
      "A 8381 VIXM B 100 @ 21.33 ref 9899132",
    "45 0929 0002 1f1aced8f061 000000000166929a 00000019 000000000003e63b":
      "E 2345 ref 23499418 executed 25 match 255547",
    "53 0000 0000 1f1acedb172e 51": "S 0 Q start of market hours",
    "44 0dbd 0000 1f1aced85ad8 0000000001668bd6": "D 3517 ref 23497686 deleted",
  };
  for (const [hex, expected] of Object.entries(messages)) {
    assertEquals(line(fromHex(hex)), expected);
  }
});

const PREFIX = [
  [8381, 2],
  [0, 2],
  [34_200_000_000_230, 6],
] as const;

test("the other types show their fields", () => {
  const messages: readonly (readonly [string, Uint8Array])[] = [
    [
      "F 8381 VIXM S 100 @ 21.33 ref 9 by GSCO",
      fields("F", ...PREFIX, [9, 8], "S", [100, 4], "VIXM    ", [213_300, 4], "GSCO"),
    ],
    [
      "C 8381 ref 9 executed 100 match 5 @ 21.3301 printable N",
      fields("C", ...PREFIX, [9, 8], [100, 4], [5, 8], "N", [213_301, 4]),
    ],
    ["X 8381 ref 9 cancelled 50", fields("X", ...PREFIX, [9, 8], [50, 4])],
    ["U 8381 ref 9 now 10 100 @ 0.0001", fields("U", ...PREFIX, [9, 8], [10, 8], [100, 4], [1, 4])],
    [
      "P 8381 VIXM 100 @ 200000 match 18446744073709551615",
      fields("P", ...PREFIX, [0, 8], "B", [100, 4], "VIXM    ", [2e9, 4], [2n ** 64n - 1n, 8]),
    ],
    [
      "Q 8381 VIXM cross O 100 @ 21.33 match 5",
      fields("Q", ...PREFIX, [100, 8], "VIXM    ", [213_300, 4], [5, 8], "O"),
    ],
    ["B 8381 broken trade match 5", fields("B", ...PREFIX, [5, 8])],
    [
      "R 8381 VIXM directory market Z lot 100",
      fields("R", ...PREFIX, "VIXM    ", "ZN", [100, 4], "NCZ PN 1N", [0, 4], "N"),
    ],
    ["H 8381 VIXM trading state H reason T1", fields("H", ...PREFIX, "VIXM    ", "H", " ", "T1  ")],
    ["Y 8381 VIXM Reg SHO action 0", fields("Y", ...PREFIX, "VIXM    ", "0")],
  ];
  for (const [expected, bytes] of messages) {
    assertEquals(line(bytes), expected);
  }
});

/** Section 4.3 of the fact sheet, checked there against 1190 real messages. */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  ["S12 R39 H25 Y20 L26 V35 W12 K28 J35 h21 A36 F40", "E31 C36 X23 D19 U35 P44 Q40 B19 I50 N20 O48"]
    .flatMap((row) => row.split(" "))
    .map((type) => [type[0]!, Number(type.slice(1))]),
);

test("23 types, and each has one length", () => {
  assertEquals(Object.keys(LENGTHS).length, 23);
  for (let type = 0; type < 256; type++) {
    const letter = String.fromCharCode(type);
    for (let length = 1; length <= 60; length++) {
      const bytes = new Uint8Array(length).fill(0x41);
      bytes[0] = type;
      assertEquals(line(bytes) !== undefined, LENGTHS[letter] === length, `${letter} of ${length}`);
    }
  }
});

test("a symbol that is not printable, or none, is no message", () => {
  const add = (symbol: string): Uint8Array =>
    fields("A", ...PREFIX, [9, 8], "S", [100, 4], symbol, [213_300, 4]);
  assertEquals(line(add("VI\x01M    ")), undefined);
  assertEquals(line(add("        ")), undefined);
});

test("a trade is a P, field by field", () => {
  // 1700000000 is 2023-11-14 22:13:20 UTC.
  const sinceMidnight = ((22 * 60 + 13) * 60 + 20) * 1e9 + 123_456_789;
  const prefix = [
    [KSS_LOCATE, 2],
    [0, 2],
    [sinceMidnight, 6],
  ] as const;
  const bytes = fields("P", ...prefix, [0, 8], "B", [91, 4], "KSS     ", [133_000, 4], [7, 8]);
  assertEquals(tradeBytes(itch), bytes);
});

test("a quote is an A: the bid where its number is odd, the offer where it is even", () => {
  const sinceMidnight = ((22 * 60 + 13) * 60 + 20) * 1e9 + 123_456_789;
  const prefix = [
    [KSS_LOCATE, 2],
    [0, 2],
    [sinceMidnight, 6],
  ] as const;
  assertEquals(
    quoteBytes(itch),
    fields("A", ...prefix, [7, 8], "B", [300, 4], "KSS     ", [132_900, 4]),
  );
  assertEquals(
    quoteBytes(itch, { number: 8 }),
    fields("A", ...prefix, [8, 8], "S", [500, 4], "KSS     ", [133_100, 4]),
  );
});

const PRICES = { unit: 100, max: 2_000_000_000 };

test("what is written is shown", () => {
  fc.assert(
    fc.property(trades(8, PRICES, { unit: 1e6, max: 0xffff_ffff }), (trade) => {
      const [, locate, ...rest] = line(tradeBytes(itch, trade))!.split(" ");
      const shown = `${trade.symbol} ${dollars(trade.size)} @ ${dollars(trade.price)}`;
      assertEquals(rest.join(" "), `${shown} match ${trade.number}`);
      assertEquals(Number(locate) > 0 && Number(locate) <= 0xffff, true);
    }),
  );
  fc.assert(
    fc.property(quotes(8, PRICES, 0xffff), (quote) => {
      const [, , ...rest] = line(quoteBytes(itch, quote))!.split(" ");
      const shown =
        quote.number % 2 === 1
          ? `B ${100 * quote.bidSize} @ ${dollars(quote.bid)}`
          : `S ${100 * quote.offerSize} @ ${dollars(quote.offer)}`;
      assertEquals(rest.join(" "), `${quote.symbol} ${shown} ref ${quote.number}`);
    }),
  );
});

test("what cannot be said exactly is not written", () => {
  for (const trade of [
    { symbol: "KSSKSSKSS" },
    { symbol: "" },
    { price: 13_300_050 },
    { price: -100 },
    { price: 200_000_000_100 },
    { size: 500_000 },
    { size: 4_294_967_296_000_000 },
  ]) {
    assertEquals(tradeBytes(itch, trade).length, 0, JSON.stringify(trade));
  }
});

test("any bytes are a line or nothing", () =>
  neverThrows(itch, [tradeBytes(itch), quoteBytes(itch)]));

test("the snippet of a real day: every message is a line", { skip: noRealData }, () => {
  const file = realBytes("itch/12302019_SNIPPET.NASDAQ_ITCH50");
  const counts: Record<string, number> = {};
  for (let at = 0; at < file.length;) {
    const length = file[at]! * 256 + file[at + 1]!;
    const shown = itch.create({}).describe(file, at + 2, at + 2 + length);
    counts[shown?.split(" ")[0] ?? "none"] = (counts[shown?.split(" ")[0] ?? "none"] ?? 0) + 1;
    at += 2 + length;
  }
  const expected = { A: 367, U: 225, F: 193, D: 167, E: 28, X: 6, I: 4, P: 4, Q: 4, S: 1, C: 1 };
  assertEquals(counts, expected);
});

test("captured MoldUDP64 packets: every message is a line", { skip: noRealData }, () => {
  const types: Record<string, string[]> = {};
  for (const name of [
    "AddOrderNoMpidAttributionMessage",
    "MarketParticipantPositionMessage",
    "Multiple.Packets",
    "NetOrderImbalanceIndicatorMessage",
    "OrderDeleteMessage",
    "OrderExecutedMessage",
    "OrderReplaceMessage",
    "StockTradingActionMessage",
  ]) {
    for (const payload of realPayloads(`moldudp64/${name}.pcap`)) {
      const count = payload[18]! * 256 + payload[19]!;
      let at = 20;
      let packet = "";
      for (let i = 0; i < count; i++) {
        const length = payload[at]! * 256 + payload[at + 1]!;
        const shown = itch.create({}).describe(payload, at + 2, at + 2 + length);
        packet += shown?.[0] ?? "?";
        at += 2 + length;
      }
      assertEquals(at, payload.length);
      (types[name] ??= []).push(packet);
    }
  }
  const { "Multiple.Packets": many, ...single } = types;
  assertEquals(single, {
    AddOrderNoMpidAttributionMessage: ["A"],
    MarketParticipantPositionMessage: ["L"],
    NetOrderImbalanceIndicatorMessage: ["I"],
    OrderDeleteMessage: ["D"],
    OrderExecutedMessage: ["E"],
    OrderReplaceMessage: ["U"],
    StockTradingActionMessage: ["H"],
  });
  assertEquals([many?.map(({ length }) => length), many?.join("").includes("?")], [[1, 38], false]);
});
