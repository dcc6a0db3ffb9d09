import type { Run } from "../core/run.ts";
import type { Judgement } from "../core/verdict.ts";
import { type Side, verdictsAbout } from "../reports/compare.ts";
import { figuresOf } from "./figures.ts";

/** A judged run as a side of a comparison: with the verdicts that are about it. */
export function sideOf(label: string, run: Run, judgement: Judgement): Side {
  return { label, run, verdicts: verdictsAbout(run, judgement), figures: figuresOf(run) };
}
