import { ofFeed, type Run } from "../core/run.ts";
import type { Judgement } from "../core/verdict.ts";
import type { Side } from "../reports/compare.ts";
import { figuresOf } from "./figures.ts";

/** A judged run as a side of a comparison: with the verdicts that are about it. */
export function sideOf(label: string, run: Run, { verdicts }: Judgement): Side {
  const prefix = ofFeed(run.feed, "");
  return {
    label,
    run,
    verdicts: verdicts
      .filter(({ feed = "" }) => feed === run.feed)
      .map((verdict) => ({ ...verdict, text: verdict.text.slice(prefix.length) })),
    figures: figuresOf(run),
  };
}
