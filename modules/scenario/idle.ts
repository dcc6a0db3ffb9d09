/** Rules and faults with a chance of 0 %: the row of a matrix that the others are compared with. */
import type { NamedFault } from "./faults.ts";
import type { NamedRule } from "./rules.ts";

/** Whether its own options say that a rule touches nothing. */
export function isIdle({ choice: { definition, options } }: Pick<NamedRule, "choice">): boolean {
  return definition.reach?.(options).never === true;
}

/** Whether its own options say that nobody meets a fault. */
export function isIdleFault({ choice }: Pick<NamedFault, "choice">): boolean {
  return choice.rest.chance === 0;
}
