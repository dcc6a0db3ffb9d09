/** The keys of a rule below `impair:`. */
import * as z from "zod";
import { oneOf } from "../core/options.ts";
import { impairments } from "../impairments/mod.ts";
import type { ReadRule } from "./rules.ts";
import { selectorKeys } from "./selectors.ts";

/** An impairment, with what it is called and which packets it is for. */
export const rule: z.ZodType<ReadRule> = oneOf(impairments, "a rule", {
  name: z.string().min(1).optional(),
  ...selectorKeys,
}).superRefine(({ definition, rest }, context) => {
  if (rest.unit !== "message" || definition.name === "drop") return;
  const message = `${definition.name} acts on packets: remove unit, or write unit: packet`;
  context.addIssue({ code: "custom", path: ["unit"], message });
});
