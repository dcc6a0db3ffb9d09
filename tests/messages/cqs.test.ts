import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { cqs } from "../../modules/messages/cqs.ts";
import {
  describeAll,
  dollars,
  fields,
  neverThrows,
  quoteBytes,
  quotes,
} from "../support/messages.ts";
import { noRealData, realPayloads } from "../support/real-data.ts";

const line = (bytes: Uint8Array): string | undefined => describeAll(cqs, bytes);

const header = (length: number, type: string) =>
  [[length, 2], type, [1_700_000_000, 4], [123_456_789, 4], [1, 1], [7, 4], [7, 8]] as const;

const prices = (bytes: number) =>
  [
    [13_290_000, bytes],
    [3, 4],
    [13_310_000, bytes],
    [5, 4],
  ] as const;

const long = (length: number) =>
  [
    ...header(length, "QLK"),
    "KSS.PR.A   ",
    "0R ",
    ...prices(8),
    "        ",
    [0, 8],
    " N0  AA",
  ] as const;

const short = (length: number) =>
  [...header(length, "QQK"), "KSS  ", [1329, 2], [3, 2], [1331, 2], [5, 2], "NA"] as const;

test("a short quote is a Q/Q, field by field", () => {
  assertEquals(quoteBytes(cqs), fields(...short(41)));
  assertEquals(line(fields(...short(41))), "Q/Q KSS 13.29 x 3 / 13.31 x 5 participant K");
});

test("a quote whose symbol, price or size is too large for that is a Q/L, field by field", () => {
  assertEquals(quoteBytes(cqs, { symbol: "KSS.PR.A" }), fields(...long(87)));
  assertEquals(line(fields(...long(87))), "Q/L KSS.PR.A 13.29 x 3 / 13.31 x 5 participant K");
  const lengths = [
    { symbol: "KSSKS" },
    { symbol: "KSSKSS" },
    { offer: 655_350_000 },
    { offer: 655_360_000 },
    { bid: 13_290_001 },
    { bidSize: 65_535 },
    { offerSize: 65_536 },
  ].map((quote) => quoteBytes(cqs, quote).length);
  assertEquals(lengths, [41, 87, 41, 87, 87, 41, 87]);
});

test("the best prices that follow a quote are shown", () => {
  const bid = ["ZR", [13_300_000, 8], [3, 4], "    "] as const;
  const offer = ["QR", [13_310_000, 8], [2, 4], "    "] as const;
  const quote = "KSS.PR.A 13.29 x 3 / 13.31 x 5 participant K";
  assertEquals(
    line(fields(...long(123), ...bid, ...offer)),
    `Q/L ${quote}, NBBO Z 13.3 x 3 / Q 13.31 x 2`,
  );
  assertEquals(line(fields(...long(105), ...bid)), `Q/L ${quote}, NBBO Z 13.3 x 3`);
  const shorts = ["Z", [1330, 2], [3, 2], "Q", [1331, 2], [2, 2]] as const;
  assertEquals(
    line(fields(...short(51), ...shorts)),
    "Q/Q KSS 13.29 x 3 / 13.31 x 5 participant K, NBBO Z 13.3 x 3 / Q 13.31 x 2",
  );
});

test("control messages, and no message at all", () => {
  assertEquals(line(fields(...header(26, "CTS"))), "C/T line integrity");
  assertEquals(line(fields(...header(26, "COS"))), "C/O FINRA open");
  assertEquals(line(fields(...header(26, "CCS"))), "C/C FINRA close");
  assertEquals(line(fields(...header(27, "CCS"))), undefined);
  assertEquals(line(fields(...header(27, "CCS"), " ")), undefined);
  assertEquals(line(fields(...long(88), " ")), undefined);
  assertEquals(line(fields(...short(42), " ")), undefined);
  assertEquals(line(quoteBytes(cqs).with(2, 0x54)), undefined);
});

test("what is written is shown", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        quotes(5, { unit: 10_000, max: 65_535 }, 65_535),
        quotes(11, { unit: 1, max: Number.MAX_SAFE_INTEGER }, 0xffff_ffff),
      ),
      (quote) => {
        const bid = `${dollars(quote.bid)} x ${quote.bidSize}`;
        const offer = `${dollars(quote.offer)} x ${quote.offerSize}`;
        const shown = line(quoteBytes(cqs, quote))!;
        assertEquals(
          shown.slice(4),
          `${quote.symbol} ${bid} / ${offer} participant ${quote.participant}`,
        );
      },
    ),
  ));

test("what cannot be said exactly is not written", () => {
  for (const quote of [
    { symbol: "KSSKSSKSSKSS" },
    { symbol: "" },
    { participant: "KK" },
    { bid: -1 },
    { offer: 2 ** 53 },
    { bidSize: 0.5 },
    { offerSize: 2 ** 32 },
  ]) {
    assertEquals(quoteBytes(cqs, quote).length, 0, JSON.stringify(quote));
  }
});

test("the tape of quotes has no trades", () => assertEquals("trade" in cqs.create({}), false));

test("any bytes are a line or nothing", () =>
  neverThrows(cqs, [quoteBytes(cqs), quoteBytes(cqs, { symbol: "KSSKSS" })]));

test("the captured quote is a line", { skip: noRealData }, () => {
  const [block] = realPayloads("cta/cqs-1.91/LongQuoteMessage.pcap");
  // 144 bytes: the header of the block, the message, and a pad.
  assertEquals(
    cqs.create({}).describe(block!, 20, 143),
    "Q/L STOR 29.45 x 1 / 29.47 x 1 participant K, NBBO Z 29.46 x 3 / Z 29.47 x 2",
  );
});
