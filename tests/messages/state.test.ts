import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { cqs } from "../../modules/messages/cqs.ts";
import { cts } from "../../modules/messages/cts.ts";
import { itch } from "../../modules/messages/itch.ts";
import type { MessageDefinition } from "../../modules/messages/message.ts";
import { stateOf } from "../../modules/messages/state.ts";
import { text } from "../../modules/messages/text.ts";
import { utp } from "../../modules/messages/utp.ts";
import { xdp } from "../../modules/messages/xdp.ts";
import { describeAll, fields } from "../support/messages.ts";

const time = { seconds: 1_700_000_000, nanos: 5 };
const ascii = new TextEncoder();

/** What the messages come to, as people read it. */
function stateAfter(definition: MessageDefinition, messages: readonly Uint8Array[]): unknown[] {
  const state = definition.create({}).state!();
  for (const message of messages) {
    // The bytes are lent.
    const lent = message.slice();
    state.apply(lent, 0, lent.length);
    lent.fill(0xdd);
  }
  return state.messages().map((message) => describeAll(definition, message));
}

test("of text, the latest of each word counts", () => {
  const lines = ["PRICE:1", "VOLUME:7", "PRICE:2", "bell"].map((line) => ascii.encode(line));
  assertEquals(stateAfter(text, lines), ["PRICE:2", "VOLUME:7", "bell"]);
});

for (const definition of [utp, cts, cqs]) {
  test(`${definition.name}: of each symbol, the last trade and the last quote count`, () => {
    const format = definition.create({});
    const made: { kind: string; symbol: string; bytes: Uint8Array }[] = [];
    const common = { participant: "N", time };
    for (const [number, symbol] of ["IBM", "KO", "IBM", "LONGSYMBOL", "KO", "IBM"].entries()) {
      const into = new Uint8Array(1024);
      const price = (10 + number) * 1e6;
      const trade = { ...common, symbol, price, size: 1e6, number };
      const length = format.trade?.(into, trade) ?? 0;
      if (length > 0) made.push({ kind: "trade", symbol, bytes: into.slice(0, length) });
      const quote = { bid: price, offer: price + 1e4, bidSize: 1, offerSize: 2 };
      const end = format.quote?.(into, { ...common, ...quote, symbol, number }) ?? 0;
      if (end > 0) made.push({ kind: "quote", symbol, bytes: into.slice(0, end) });
    }
    const last = new Map(made.map(({ kind, symbol, bytes }) => [`${kind} ${symbol}`, bytes]));
    const bytes = made.map((message) => message.bytes);
    assertEquals(
      stateAfter(definition, bytes),
      [...last.values()].map((message) => describeAll(definition, message)),
    );
  });
}

/** Locate 7, tracking number 0, and a time. */
const PREFIX = [
  [7, 2],
  [0, 2],
  [34_200_000_000_230, 6],
] as const;
const add = (ref: number, shares: number, price: number): Uint8Array =>
  fields("A", ...PREFIX, [ref, 8], "B", [shares, 4], "KSS     ", [price, 4]);

test("itch: what is left of the orders that are open counts, as Add Orders", () => {
  const attributed = fields("F", ...PREFIX, [4, 8], "S", [40, 4], "KSS     ", [40_000, 4], "GSCO");
  const messages = [
    fields("S", ...PREFIX, "O"),
    fields("S", ...PREFIX, "Q"),
    add(1, 100, 10_000),
    add(2, 200, 20_000),
    add(3, 300, 30_000),
    attributed,
    fields("H", ...PREFIX, "KSS     ", "H", " ", "T1  "),
    fields("E", ...PREFIX, [1, 8], [30, 4], [9, 8]),
    fields("X", ...PREFIX, [1, 8], [20, 4]),
    fields("D", ...PREFIX, [2, 8]),
    fields("C", ...PREFIX, [3, 8], [300, 4], [9, 8], "Y", [30_000, 4]),
    fields("U", ...PREFIX, [4, 8], [5, 8], [45, 4], [45_000, 4]),
    fields("H", ...PREFIX, "KSS     ", "T", " ", "    "),
    // Of orders that nobody has added, nothing is known.
    fields("E", ...PREFIX, [77, 8], [30, 4], [9, 8]),
    fields("U", ...PREFIX, [77, 8], [78, 8], [1, 4], [1, 4]),
    fields("P", ...PREFIX, [0, 8], "B", [100, 4], "KSS     ", [1, 4], [5, 8]),
  ];
  assertEquals(
    stateAfter(itch, messages),
    [
      "S 0 O start of messages",
      "S 0 Q start of market hours",
      "H 7 KSS trading state T",
      "A 7 KSS B 50 @ 1 ref 1",
      "F 7 KSS S 45 @ 4.5 ref 5 by GSCO",
    ].map((line) => line.replace("S 0 ", "S 7 ")),
  );
});

test("itch: a book is what its messages, and what comes after them, make of it", () => {
  // Whoever begins with the snapshot and hears the rest ends where they are who heard all.
  const message = fc.oneof(
    fc.tuple(fc.constant("A"), fc.nat(5), fc.integer({ min: 1, max: 5 })),
    fc.tuple(fc.constantFrom("E", "X", "D", "U"), fc.nat(5), fc.integer({ min: 1, max: 5 })),
  );
  const bytesOf = ([type, ref, n]: [string, number, number]): Uint8Array => {
    if (type === "A") return add(ref, n, 100 * n);
    if (type === "E") return fields("E", ...PREFIX, [ref, 8], [n, 4], [9, 8]);
    if (type === "X") return fields("X", ...PREFIX, [ref, 8], [n, 4]);
    if (type === "D") return fields("D", ...PREFIX, [ref, 8]);
    return fields("U", ...PREFIX, [ref, 8], [(ref + n) % 6, 8], [n, 4], [n, 4]);
  };
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), fc.nat(40), (given, cut) => {
      const all = given.map(bytesOf);
      const format = itch.create({});
      const early = format.state!();
      for (const bytes of all.slice(0, cut)) early.apply(bytes, 0, bytes.length);
      const late = [...early.messages(), ...all.slice(cut)];
      const ordered = (state: unknown[]): string[] =>
        state.map(String).toSorted((a, b) => (a < b ? -1 : 1));
      assertEquals(ordered(stateAfter(itch, late)), ordered(stateAfter(itch, all)));
    }),
  );
});

test("several formats: each message counts for the one that it is of", () => {
  const state = stateOf([utp.create({}), itch.create({})])!;
  const messages = [add(1, 1, 1), fields("1CO  ", [0, 24])];
  assertEquals(
    messages.map((message) => state.apply(message, 0, message.length)),
    [true, true],
  );
  assertEquals(state.messages().length, 2);
});

test("what nobody knows the state of has none", () => {
  assertEquals(stateOf([xdp.create({})]), undefined);
  assertEquals(stateOf([]), undefined);
});
