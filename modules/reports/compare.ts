/** What differs between runs of one feed: verdicts, gaps by their numbers, and every figure. */
import type { Figure } from "../core/figure.ts";
import { RangeSet } from "../core/ranges.ts";
import { type Gap, isAbout, ofPart, type Run } from "../core/run.ts";
import type { SeqRange } from "../core/seq.ts";
import type { Judgement, Verdict } from "../core/verdict.ts";

/** One of the runs that are held against each other. */
export interface Side {
  /** What its column is called. */
  readonly label: string;
  readonly run: Run;
  /** Those about this run, their texts without its name. */
  readonly verdicts: readonly Verdict[];
  readonly figures: readonly Figure[];
  /** What else is told of it, in words. */
  readonly facts?: readonly (readonly [label: string, value: string])[];
}

/** What became of a gap. */
export type GapState = "filled" | "abandoned" | "open";

/** A gap as it is compared: when it was seen, and by whom filled, the figures tell. */
export interface ComparedGap extends SeqRange {
  readonly state: GapState;
}

/** How one expectation came out on each side; undefined where it was not expected. */
export interface ComparedVerdict {
  readonly text: string;
  readonly sides: readonly (Pick<Verdict, "outcome" | "got"> | undefined)[];
  readonly same: boolean;
}

/** What is told of each side in words; undefined where nothing is. */
export interface ComparedFact {
  readonly name: string;
  readonly sides: readonly (string | undefined)[];
  readonly same: boolean;
}

/** One number of each side; undefined where there was nothing to measure. */
export interface ComparedFigure {
  readonly name: string;
  readonly unit: Figure["unit"];
  readonly sides: readonly (number | undefined)[];
  readonly same: boolean;
  /** The last side's by the first's, where that means something. */
  readonly ratio: number | undefined;
}

/** Runs of one feed, held against each other; lists are in the order of the sides. */
export interface Comparison {
  readonly labels: readonly string[];
  readonly verdicts: readonly ComparedVerdict[];
  /** The gaps of each side that not every side has. */
  readonly gaps: readonly (readonly ComparedGap[])[];
  /** Numbers that were not delivered on this side, but were on another. */
  readonly undelivered: readonly (readonly SeqRange[])[];
  readonly facts: readonly ComparedFact[];
  readonly figures: readonly ComparedFigure[];
  readonly sameVerdicts: boolean;
  readonly sameGaps: boolean;
}

/** Holds runs of one feed against each other. */
export function compareRuns(sides: readonly Side[]): Comparison {
  const verdicts = verdictsOf(sides);
  const gaps = differences(
    sides.map(({ run }) => run.gaps.map(gapOf)),
    ({ from, until, state }) => `${from} ${until} ${state}`,
  );
  return {
    labels: sides.map(({ label }) => label),
    verdicts,
    gaps,
    undelivered: sides.map(({ run }) => undeliveredOnlyIn(run, sides)),
    facts: factsOf(sides),
    figures: figuresOf(sides),
    sameVerdicts: verdicts.every(({ same }) => same),
    sameGaps: gaps.every(({ length }) => length === 0),
  };
}

/** What became of a gap by the end of its run. */
export function stateOf({ closedNs, lost }: Pick<Gap, "closedNs" | "lost">): GapState {
  if (closedNs === undefined) return "open";
  return lost > 0 ? "abandoned" : "filled";
}

/** The verdicts about a run, their texts without its name. */
export function verdictsAbout(run: Run, { verdicts }: Judgement): Verdict[] {
  return verdicts
    .filter((verdict) => isAbout(verdict, run))
    .map((verdict) => ({ ...verdict, text: verdict.text.slice(ofPart(verdict, "").length) }));
}

function gapOf(gap: Gap): ComparedGap {
  return { from: gap.from, until: gap.until, state: stateOf(gap) };
}

function verdictsOf(sides: readonly Side[]): ComparedVerdict[] {
  return inOrder(sides.map((side) => side.verdicts.map(({ text }) => text))).map((text) => {
    const found = sides.map(({ verdicts }) => verdicts.find((one) => one.text === text));
    return {
      text,
      sides: found.map((one) => one && { outcome: one.outcome, got: one.got }),
      same: allSame(found.map((one) => one?.outcome)),
    };
  });
}

function factsOf(sides: readonly Side[]): ComparedFact[] {
  const all = sides.map(({ facts = [] }) => facts);
  return inOrder(all.map((facts) => facts.map(([label]) => label))).map((name) => {
    const found = all.map((facts) => facts.find(([label]) => label === name)?.[1]);
    return { name, sides: found, same: allSame(found) };
  });
}

function figuresOf(sides: readonly Side[]): ComparedFigure[] {
  return inOrder(sides.map(({ figures }) => figures.map(({ name }) => name))).map((name) => {
    const found = sides.map(({ figures }) => figures.find((one) => one.name === name));
    const values = found.map((one) => one?.value);
    const { unit } = found.find((one) => one !== undefined)!;
    return { name, unit, sides: values, same: allSame(values), ratio: ratioOf(values) };
  });
}

function ratioOf(values: readonly (number | undefined)[]): number | undefined {
  const first = values[0];
  const last = values.at(-1);
  if (first === undefined || last === undefined || first <= 0 || last <= 0) return undefined;
  return last / first;
}

/** What is in one list but not in all of them. */
function differences<T>(lists: readonly (readonly T[])[], keyOf: (item: T) => string): T[][] {
  const keys = lists.map((list) => new Set(list.map(keyOf)));
  return lists.map((list) => list.filter((item) => keys.some((own) => !own.has(keyOf(item)))));
}

function undeliveredOnlyIn(run: Run, sides: readonly Side[]): SeqRange[] {
  const all = sides.map((side) => RangeSet.of(side.run.undelivered));
  const everywhere = all.reduce((common, set) =>
    RangeSet.of([...common].flatMap(({ from, until }) => set.within(from, until))),
  );
  const own = RangeSet.of(run.undelivered);
  for (const { from, until } of everywhere) own.remove(from, until);
  return [...own];
}

/** Every name once: those of the first list, and each other behind the one that it follows. */
function inOrder(lists: readonly (readonly string[])[]): string[] {
  const names: string[] = [];
  for (const list of lists) {
    let at = 0;
    for (const name of list) {
      const known = names.indexOf(name);
      if (known < 0) names.splice(at++, 0, name);
      else at = known + 1;
    }
  }
  return names;
}

function allSame(values: readonly unknown[]): boolean {
  return values.every((value) => value === values[0]);
}
