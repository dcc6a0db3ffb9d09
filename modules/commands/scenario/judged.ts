import type { JudgedRun } from "../../core/result.ts";
import { runScenario } from "../../scenario/run.ts";
import { judgeRun } from "../../scenario/verdict.ts";
import type { Shell } from "../shell.ts";
import { machineFacts } from "./machine.ts";
import type { RunnableScenario } from "./matrix.ts";

/** Runs a scenario in virtual time, unseen, and judges it. */
export async function judgeVirtually(
  { scenario, operand, file, text, bases, variables }: RunnableScenario,
  seed: string,
  shell: Shell,
): Promise<JudgedRun> {
  const { interrupted } = shell;
  const world = await shell.openWorld("virtual");
  const runs = await runScenario(scenario, world, { seed, interrupted });
  const named = { operand, file, text, bases, variables, facts: machineFacts() };
  const judgement = judgeRun(runs, scenario);
  return { kind: "judged", ...named, places: scenario.places, runs, judgement };
}
