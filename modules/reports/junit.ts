/**
 * JUnit XML, as CI servers read it: a test suite for each scenario, a test case for each
 * expectation. What proved nothing is an error, never a pass.
 */
import type { JudgedRun, NotRun, Result } from "../core/result.ts";
import { type Nanos, SECOND } from "../core/time.ts";
import type { Verdict } from "../core/verdict.ts";
import { againOf, lookOf } from "./again.ts";
import { renderBeside } from "./beside.ts";
import { factsOf } from "./facts.ts";
import { PLAIN } from "./paint.ts";
import type { ReportDefinition } from "./report.ts";
import { renderRows } from "./table.ts";
import { renderVerdict } from "./verdict.ts";
import { durationOf, expectedOf, titleOf, WORD } from "./outcome.ts";
import { whyOf } from "./why.ts";
import { element, textElement } from "./xml.ts";

/** For CI servers. */
export const junit: ReportDefinition = {
  name: "junit",
  summary: "JUnit XML: a test suite for each scenario, a test case for each expectation",
  render(results) {
    const suites = results.map(suiteOf);
    const sum = (read: (suite: Suite) => number): number =>
      suites.reduce((total, suite) => total + read(suite), 0);
    const root = element(
      "testsuites",
      {
        name: "feedlab",
        tests: sum(({ cases }) => cases.length),
        failures: sum((suite) => count(suite, "failure")),
        errors: sum((suite) => count(suite, "error")),
        skipped: sum((suite) => count(suite, "skipped")),
        time: seconds(sum(({ durationNs }) => durationNs)),
      },
      suites.map(renderSuite),
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
  },
};

/** What a test case came to; a pass has none of it. */
interface Trouble {
  readonly kind: "failure" | "error" | "skipped";
  readonly type: string;
  readonly message: string;
  readonly text: string;
}

interface Case {
  readonly name: string;
  readonly line: number | undefined;
  readonly trouble: Trouble | undefined;
}

interface Suite {
  readonly result: Result;
  readonly cases: readonly Case[];
  readonly durationNs: Nanos;
}

function suiteOf(result: Result): Suite {
  if (result.kind === "not-run") return { result, cases: [notRunCase(result)], durationNs: 0 };
  const { verdicts } = result.judgement;
  const whole = wholeCase(result);
  const cases = [
    ...(whole === undefined ? [] : [whole]),
    ...verdicts.map((verdict) => verdictCase(result, verdict)),
  ];
  return { result, cases, durationNs: durationOf(result.runs) };
}

function notRunCase({ reason, mistakes, skipped }: NotRun): Case {
  const text = mistakes
    .map(({ file, line, column, severity, message }) =>
      [...(file === undefined ? [] : [file]), line, `${column} ${severity} ${message}`].join(":"),
    )
    .join("\n");
  const trouble: Trouble = skipped
    ? { kind: "skipped", type: "requires", message: reason, text }
    : { kind: "error", type: "not-run", message: reason, text };
  return { name: "the scenario runs", line: mistakes[0]?.line, trouble };
}

/** The case that says that the run as a whole proves nothing. */
function wholeCase(judged: JudgedRun): Case | undefined {
  const { outcome, notes } = judged.judgement;
  if (outcome === "pass" || outcome === "fail" || outcome === "not-exercised") return undefined;
  const trouble: Trouble = {
    kind: "error",
    type: outcome,
    message: notes[0] ?? WORD[outcome].toLowerCase(),
    text: [...notes, `again  ${againOf(judged)}`].join("\n"),
  };
  const name = outcome === "unverifiable" ? "the run can be judged" : "the run comes to its end";
  return { name, line: undefined, trouble };
}

function verdictCase(judged: JudgedRun, verdict: Verdict): Case {
  const { text: name } = verdict;
  const { places } = judged;
  const line = Object.hasOwn(places, name) ? places[name]!.line : undefined;
  return { name, line, trouble: troubleOf(judged, verdict) };
}

function troubleOf(judged: JudgedRun, verdict: Verdict): Trouble | undefined {
  const { outcome, got } = verdict;
  const whole = judged.judgement.outcome;
  if (whole === "unverifiable" || whole === "interrupted") {
    // Neither red nor green: the case of the whole run says why.
    return {
      kind: "skipped",
      type: whole,
      message: `${WORD[whole].toLowerCase()}: ${got}`,
      text: "",
    };
  }
  if (outcome === "pass") return undefined;
  const { lines, seq } = whyOf(judged.runs, verdict);
  const look = seq === undefined ? [] : [`look  ${lookOf(judged, seq, verdict)}`];
  const check = verdict.check === undefined ? [] : [expectedOf(verdict)];
  const text = [...check, ...lines, ...look, `again  ${againOf(judged)}`].join("\n");
  return outcome === "fail"
    ? { kind: "failure", type: outcome, message: `got ${got}`, text }
    : { kind: "error", type: outcome, message: `not exercised: ${got}`, text };
}

function renderSuite(suite: Suite): string {
  const { result, cases, durationNs } = suite;
  const attributes = {
    name: titleOf(result),
    file: result.file,
    timestamp: result.kind === "judged" ? result.facts["at"] : undefined,
    tests: cases.length,
    failures: count(suite, "failure"),
    errors: count(suite, "error"),
    skipped: count(suite, "skipped"),
    time: seconds(durationNs),
  };
  return element(
    "testsuite",
    attributes,
    [
      ...(result.kind === "judged" ? [propertiesOf(result)] : []),
      ...cases.map((one) => renderCase(one, result.file)),
      ...(result.kind === "judged" ? [outputOf(result)] : []),
    ],
    1,
  );
}

function propertiesOf(judged: JudgedRun): string {
  const { facts, variables } = judged;
  const [run] = judged.runs;
  const { at: _, ...known } = facts;
  const properties = {
    seed: run.seed,
    time: run.time,
    again: againOf(judged),
    ...known,
    ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`var.${name}`, value])),
  };
  return element(
    "properties",
    {},
    Object.entries(properties).map(([name, value]) => element("property", { name, value }, [], 3)),
    2,
  );
}

function renderCase({ name, line, trouble }: Case, file: string): string {
  const classname = file.replace(/\.ya?ml$/, "");
  const children =
    trouble === undefined
      ? []
      : [
          textElement(
            trouble.kind,
            { type: trouble.type, message: trouble.message },
            trouble.text,
            3,
          ),
        ];
  return element("testcase", { name, classname, file, line }, children, 2);
}

function outputOf(judged: JudgedRun): string {
  const { runs, judgement } = judged;
  const again = againOf(judged);
  const lines = [
    ...renderRows(factsOf(runs)),
    ...renderBeside(judged),
    renderVerdict(runs, judgement, again, PLAIN),
  ];
  return textElement("system-out", {}, lines.join("\n"), 2);
}

function count({ cases }: Suite, kind: Trouble["kind"]): number {
  return cases.filter(({ trouble }) => trouble?.kind === kind).length;
}

function seconds(time: Nanos): string {
  return String(Math.round((time / SECOND) * 1e6) / 1e6);
}
