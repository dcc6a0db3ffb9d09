import * as z from "zod";
import { positiveDuration } from "../../core/options.ts";
import { didYouMean } from "../../core/registry.ts";
import { slug } from "../../core/run.ts";
import type { Nanos } from "../../core/time.ts";
import type { TimelineAction } from "./action.ts";

/** Which rule rests, and how long. */
export interface ImpairOff {
  readonly rule: string;
  readonly for: Nanos;
}

/** What a rule does not select goes by untouched, uncounted, and draws no chance. */
export const impairOff: TimelineAction<ImpairOff> = {
  name: "impair.off",
  summary: "a rule is for no packet that is due in that time",
  example: "{ at: open+500ms, do: impair.off, rule: burst loss, for: 1s }",
  options: z.strictObject({
    rule: z
      .string()
      .min(1)
      .meta({ examples: ["burst loss"] }),
    for: positiveDuration(),
  }),
  label: ({ rule }) => `impair.off ${rule}`,
  effect: ({ rule, for: length }) => ({ kind: "rule-off", for: length, rule }),
  wrong({ rule }, { rules }) {
    if (rules.some((name) => slug(name) === slug(rule))) return undefined;
    const have = rules.length === 0 ? ": impair has no rules" : didYouMean(rule, rules);
    return { key: "rule", message: `no rule ${JSON.stringify(rule)}${have}` };
  },
};
