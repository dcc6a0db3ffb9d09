/** What each report looks like, to the letter. `UPDATE=1` rewrites the files; then read them. */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { reports } from "../../modules/reports/mod.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { aJudgedRun, aJudgedRunOfTwo, aNotRun, aPassedRun } from "../support/judged-run.ts";

const UPDATE = (process.env["UPDATE"] ?? "") !== "";

for (const report of reports) {
  void test(`report ${report.name}`, () => {
    const file = new URL(`reports/${report.name}.golden`, import.meta.url);
    const results = [aJudgedRun(), aPassedRun(), aNotRun()];
    const rendered = `${report.render(results, { paint: PLAIN, columns: 80 })}\n`;
    if (UPDATE) writeFileSync(file, rendered);
    else assertEquals(rendered, readFileSync(file, "utf8"));
  });

  void test(`report ${report.name} of several feeds`, () => {
    const file = new URL(`reports/${report.name}-feeds.golden`, import.meta.url);
    const rendered = `${report.render([aJudgedRunOfTwo()], { paint: PLAIN, columns: 80 })}\n`;
    if (UPDATE) writeFileSync(file, rendered);
    else assertEquals(rendered, readFileSync(file, "utf8"));
  });
}
