import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { renderColumns } from "../../modules/reports/columns.ts";

void test("every cell stands in its column", () => {
  assertEquals(
    renderColumns(
      [
        ["", "A", "B"],
        ["delivered", "22", "7"],
      ],
      80,
    ),
    ["            A    B", "delivered   22   7"],
  );
});

void test("what is too long for its column goes on below, the widest first", () => {
  assertEquals(renderColumns([["every gap closed", "yes"]], 16), ["every gap    yes", "closed"]);
});

void test("a word that is longer than any column is broken", () => {
  const word = "x".repeat(100);
  const lines = renderColumns([[word, "1"]], 80);
  assertEquals(lines[0], `${"x".repeat(76)}   1`);
  assertEquals(lines[1], "x".repeat(24));
});

void test("nothing is wider than the terminal, and no letter is lost", () => {
  const cell = fc.array(fc.stringMatching(/^[a-z.]{1,30}$/), { maxLength: 6 });
  const row = fc.tuple(cell, cell, cell).map((cells) => cells.map((words) => words.join(" ")));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
      const lines = renderColumns(rows, 110);
      assert(lines.every(({ length }) => length <= 110));
      const letters = (text: string): string =>
        text
          .replaceAll(" ", "")
          .split("")
          .toSorted((a, b) => (a < b ? -1 : 1))
          .join("");
      assertEquals(letters(lines.join("")), letters(rows.flat().join("")));
    }),
  );
});
