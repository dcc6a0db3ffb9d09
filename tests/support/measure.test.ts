import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MISSING, type Row } from "../bench/group.ts";
import {
  figureOf,
  median,
  ratioOf,
  spreadOf,
  takeFigures,
  taken,
  takeTurns,
} from "../bench/measure.ts";
import { formatFigure, formatGroup, standingOf, summaryOf, toJson, wrap } from "../bench/table.ts";

test("the median is the middle one, or between the two in the middle", () => {
  assertEquals(median([3]), 3);
  assertEquals(median([10, 1, 2]), 2);
  assertEquals(median([1, 10, 2, 4]), 3);
  assertEquals(median([]), NaN);
});

test("a figure knows its rounds", () => {
  const figure = figureOf([4, 2, 8]);
  assertEquals(figure, { median: 4, least: 2, most: 8, values: [4, 2, 8] });
  assertEquals(spreadOf(figure), 1.5);
  // Of four and more the outer quarters are left out.
  assertEquals(spreadOf(figureOf([9, 4, 5, 1])), 1 / 4.5);
  assertEquals(spreadOf(figureOf([0, 0])), 0);
});

test("ratios are taken round by round", () => {
  // A machine that halves its speed after the first round changes no ratio.
  assertEquals(ratioOf(figureOf([4, 2, 2]), figureOf([8, 4, 4]))?.values, [0.5, 0.5, 0.5]);
  assertEquals(ratioOf(figureOf([4, 6]), figureOf([2]))?.values, [2]);
  assertEquals(ratioOf("lost some", figureOf([2])), undefined);
  assertEquals(ratioOf(figureOf([2]), `${MISSING}no compiler`), undefined);
});

test("everybody takes turns, every other round the other way round", async () => {
  const order: string[] = [];
  const results = await takeTurns(3, {
    a: () => order.push("a"),
    b: () => order.push("b"),
    c: () => order.push("c"),
  });
  assertEquals(order.join(""), "abccbaabc");
  assertEquals(results, { a: [1, 6, 7], b: [2, 5, 8], c: [3, 4, 9] });
});

test("one that fails has no figure, is not asked again, and harms nobody", async () => {
  let asked = 0;
  const figures = await takeFigures(3, {
    good: () => Promise.resolve(1),
    bad: () => {
      asked++;
      if (asked === 2) throw new Error("2 of 3 packets came");
      return 1;
    },
    wrong: () => NaN,
  });
  assertEquals(asked, 2);
  assertEquals(figures, {
    good: figureOf([1, 1, 1]),
    bad: "2 of 3 packets came",
    wrong: "NaN is no figure",
  });
});

test("one of several figures of a round is picked", () => {
  const rounds = [{ ms: 3 }, { ms: 1 }, { ms: 2 }];
  assertEquals(
    taken(rounds, ({ ms }) => ms),
    figureOf([3, 1, 2]),
  );
  assertEquals(
    taken<{ ms: number }>("it ended", ({ ms }) => ms),
    "it ended",
  );
});

test("figures have three digits and a unit", () => {
  assertEquals(formatFigure(7_049_000, "packets/s"), "7.05 M/s");
  assertEquals(formatFigure(99_960, "messages/s"), "100 k/s");
  assertEquals(formatFigure(12, "messages/s"), "12.0 /s");
  assertEquals(formatFigure(96.1e-6, "s"), "96.1 us");
  assertEquals(formatFigure(0.0207, "s"), "20.7 ms");
  assertEquals(formatFigure(2, "s"), "2.00 s");
  assertEquals(formatFigure(0, "s"), "0 ns");
  assertEquals(formatFigure(45.63, "bytes"), "45.6 B");
  assertEquals(formatFigure(164 * 2 ** 20, "bytes"), "164 MiB");
  assertEquals(formatFigure(0.0123, "of a core"), "1.23 %");
});

const row = (more: Partial<Row>): Row => ({
  what: "512 B: bun linux/C UDP_SEGMENT",
  unit: "packets/s",
  ours: figureOf([8e6]),
  baseline: figureOf([10e6]),
  ...more,
});

test("a row is held to what must hold, of our figure or of the ratio", () => {
  assertEquals(standingOf(row({})), undefined);
  assertEquals(standingOf(row({ hold: { of: "ratio", least: 0.8 } })), "ok");
  assertEquals(standingOf(row({ hold: { of: "ratio", least: 0.81 } })), "below");
  assertEquals(standingOf(row({ hold: { of: "ours", least: 8e6 } })), "ok");
  assertEquals(standingOf(row({ hold: { of: "ours", most: 7e6 } })), "above");
});

test("what came out wrong is an error, what the machine does not have is not", () => {
  const hold = { of: "ratio", least: 1 } as const;
  assertEquals(standingOf(row({ ours: "9 of 10 packets came", hold })), "error");
  assertEquals(standingOf(row({ baseline: "it ended with 1", hold })), "error");
  assertEquals(standingOf(row({ baseline: `${MISSING}no C compiler`, hold })), undefined);
  assertEquals(standingOf(row({ ours: `${MISSING}no such file`, hold })), undefined);
});

const rows: readonly Row[] = [
  row({ hold: { of: "ratio", least: 0.8 } }),
  row({ what: "x".repeat(50), ours: figureOf([1e6, 2e6, 3e6]) }),
  row({ baseline: `${MISSING}no C compiler: nothing to compare with` }),
  row({ ours: "9 of 10 packets came, 1 gap, and the sender gave up ".repeat(3) }),
  row({ what: "listen", unit: "of a core", baseline: undefined, hold: { of: "ours", most: 0.02 } }),
];
const group = { name: "group", summary: "what is measured ".repeat(8).trim(), seconds: 1, rows };

test("a table has no more than 80 columns", () => {
  const lines = formatGroup(group).split("\n");
  assert(
    lines.every((line) => line.length <= 80),
    lines.join("\n"),
  );
});

test("a row tells both figures, the ratio and how it stands", () => {
  const text = formatGroup({ ...group, rows: rows.slice(0, 3) });
  const lines = text.split("\n").map((line) => line.replaceAll(/ +/g, " "));
  assert(lines.includes(" 512 B: bun linux/C UDP_SEGMENT 8.00 M/s 10.0 M/s 0.80 >= 0.8 ok"), text);
  assert(lines.includes(" 2.00 M/s~ 10.0 M/s 0.10"), text);
  assert(lines.includes(" missing: no C compiler: nothing to compare with"), text);
});

test("the last line counts what is as it must be, and what failed", () => {
  assertEquals(summaryOf([group]), "1 of 2 rows are as they must be, 1 failed");
  assertEquals(
    summaryOf([{ ...group, rows: rows.slice(0, 1) }]),
    "1 of 1 rows are as they must be",
  );
  assertEquals(summaryOf([{ ...group, rows: rows.slice(1, 3) }]), "nothing here has to hold");
});

test("JSON has every round", () => {
  const { rows: plain } = JSON.parse(JSON.stringify(toJson(group))) as { rows: unknown[] };
  assertEquals(plain.length, rows.length);
  assertEquals(plain[0], {
    what: "512 B: bun linux/C UDP_SEGMENT",
    unit: "packets/s",
    ours: { median: 8e6, least: 8e6, most: 8e6, values: [8e6] },
    baseline: { median: 10e6, least: 10e6, most: 10e6, values: [10e6] },
    ratio: { median: 0.8, least: 0.8, most: 0.8, values: [0.8] },
    hold: { of: "ratio", least: 0.8 },
    standing: "ok",
  });
});

test("text is wrapped at words", () => {
  assertEquals(wrap("one two three", 7), ["one two", "three"]);
  assertEquals(wrap("immeasurable", 4), ["immeasurable"]);
});
