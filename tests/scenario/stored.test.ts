import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import { toPlain } from "../../modules/core/plain.ts";
import type { JudgedRun } from "../../modules/core/result.ts";
import type { Run } from "../../modules/core/run.ts";
import { readStored, STORED_VERSION, writeStored } from "../../modules/scenario/stored.ts";
import { aJudgedRun, aJudgedRunOfTwo, aPassedRun, aRun } from "../support/judged-run.ts";

const again = (judged: JudgedRun): JudgedRun => readStored(writeStored(judged), "run.ndjson");

void test("a run that is read again is the run that was stored", () => {
  for (const judged of [
    aJudgedRun(),
    aPassedRun(),
    aJudgedRunOfTwo(),
    aJudgedRun({ runs: [aRun({ journal: [], rateAchieved: NaN, gaps: [] })] }),
    aJudgedRun({ text: 'name: "é\n\u2028\\"\n', variables: { loss: "5%" } }),
  ]) {
    assertEquals(again(judged), judged);
    // Two histograms are equal to assertEquals, whatever is in them.
    assertEquals(toPlain(again(judged)), toPlain(judged));
    assertEquals(writeStored(again(judged)), writeStored(judged));
  }
});

void test("what a run will hold one day is stored too", () => {
  const phases = [{ name: "open", lateness: aRun().lateness, until: Infinity }];
  const judged = aJudgedRun({ runs: [{ ...aRun(), phases } as unknown as Run] });
  assertEquals(toPlain(again(judged)), toPlain(judged));
});

void test("the first line says what it is, then each event has a line", () => {
  const lines = writeStored(aJudgedRun()).split("\n");
  const [header, event] = lines.map((line) => (line === "" ? {} : (JSON.parse(line) as object)));
  assertEquals(lines.length, 1 + aRun().journal.length + 2 + 1);
  assertEquals(Object.entries(header!).slice(0, 5), [
    ["format", "feedlab run"],
    ["version", STORED_VERSION],
    ["name", "a <hard> day | 100%"],
    ["seed", "7"],
    ["time", "virtual"],
  ]);
  assertEquals(event, { ...aRun().journal[0] });
});

function message(text: string): string {
  return assertThrows(() => readStored(text, "run.ndjson"), UserError).message;
}

void test("a file torn anywhere gives one clear error", () => {
  const text = writeStored(aJudgedRun());
  const ends = text.length - 1;
  for (let length = 0; length <= ends; length++) {
    const error = message(text.slice(0, length));
    assert(/no stored run|torn/.test(error), `${length}: ${error}`);
  }
  assertEquals(
    message(text.slice(0, ends)),
    'Cannot read the run in "run.ndjson": it is torn after line 7: ' +
      "was it still being written? Run it again",
  );
});

void test("a foreign file gives one clear error", () => {
  for (const text of ["", "\n", "feedlab: 1\n", "[]\n", "null\n", '{"event":"sent"}\n', "\0"]) {
    assertEquals(
      message(text),
      'Cannot read the run in "run.ndjson": it is no stored run: ' +
        "give a file that scenario run --save wrote",
    );
  }
});

void test("a file that was changed is not believed", () => {
  const text = writeStored(aJudgedRun());
  const lines = text.split("\n");
  for (const changed of [
    text.replace('"delivered":28', '"delivered":30'),
    lines.toSpliced(2, 1).join("\n"),
    text + text,
    lines.toSpliced(2, 0, lines[1]!).join("\n"),
  ]) {
    assert(message(changed).includes("it was changed after it was written"), message(changed));
  }
});

void test("a file of another version says so", () => {
  assertEquals(
    message('{"format":"feedlab run","version":1}\n'),
    'Cannot read the run in "run.ndjson": it has version 1 of the format, ' +
      "and this feedlab reads 2: read it with the feedlab that wrote it",
  );
});
