/** What a run of tests says about itself, in numbers. */
import { stripVTControlCharacters } from "node:util";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Reads the end of a test run's output; undefined when it does not say what it did. */
export type Reader = (output: string) => Counts | undefined;

/** The block before the last `Ran 9 tests across 3 files`, if its numbers add up. */
export function readBun(output: string): Counts | undefined {
  const blocks = /((?:^ *\d+ .*\n)+)(?:^.*\n)?^Ran (\d+) tests? across /gm;
  const last = [...stripVTControlCharacters(output).matchAll(blocks)].at(-1);
  if (last === undefined) return undefined;
  const of = (word: string): number =>
    Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(last[1]!)?.[1] ?? 0);
  const counts = { passed: of("pass"), failed: of("fail"), skipped: of("skip") + of("todo") };
  return total(counts) === Number(last[2]) ? counts : undefined;
}

/** The last `ok | 5 passed (2 steps) | 0 failed | 1 ignored`; steps belong to their tests. */
export function readDeno(output: string): Counts | undefined {
  const steps = String.raw`(?: \(\d+ steps?\))?`;
  const passed = String.raw`^(?:ok|FAILED) \| (\d+) passed${steps}`;
  const rest = String.raw` \| (\d+) failed${steps}(?: \| (\d+) ignored)?`;
  const last = [...stripVTControlCharacters(output).matchAll(new RegExp(passed + rest, "gm"))].at(
    -1,
  );
  if (last === undefined) return undefined;
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}

/**
 * What to believe of a run that ended with `code`: one that cannot be read, or that ran nothing,
 * has failed; so has one that ends badly and names no failure.
 */
export function judge(code: number, counts: Counts | undefined): Counts {
  if (counts === undefined || total(counts) === 0) return { passed: 0, failed: 1, skipped: 0 };
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** `12 passed, 0 failed`, and what was skipped when something was. */
export function verdict(all: readonly Counts[]): string {
  const sum = (key: keyof Counts): number => all.reduce((so, counts) => so + counts[key], 0);
  const skipped = sum("skipped");
  const end = skipped === 0 ? "" : `, ${skipped} skipped`;
  return `${sum("passed")} passed, ${sum("failed")} failed${end}`;
}

function total({ passed, failed, skipped }: Counts): number {
  return passed + failed + skipped;
}
