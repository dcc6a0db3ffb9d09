import * as z from "zod";
import { chance } from "../../core/options.ts";
import { formatShare } from "../../core/units.ts";
import type { LossModelDefinition } from "./model.ts";

/** The chances of the steps from state to state, as shares of one. */
export interface Markov4 {
  readonly p13: number;
  readonly p31: number;
  readonly p32: number;
  readonly p23: number;
  readonly p14: number;
}

/**
 * netem's `loss state`: a Markov chain that takes a step before each packet.
 *
 *   state                     lost   steps
 *   1  gap between bursts     no     3 by p13, 4 by p14
 *   2  reception in a burst   no     3 by p23
 *   3  loss in a burst        yes    1 by p31, 2 by p32
 *   4  single loss in a gap   yes    1 always
 */
export const markov4: LossModelDefinition<Markov4> = {
  name: "markov4",
  summary:
    "netem's four states: bursts with reception in them (p13, p31, p32, p23), single losses (p14)",
  example: "drop: { markov4: { p13: 1%, p31: 20%, p32: 10%, p23: 30%, p14: 0.5% } }",
  options: z
    .strictObject({
      p13: chance(),
      p31: chance().optional(),
      p32: chance().prefault("0%"),
      p23: chance().prefault("100%"),
      p14: chance().prefault("0%"),
    })
    .transform(({ p13, p31 = 1 - p13, ...rest }): Markov4 => ({ p13, p31, ...rest }))
    .superRefine(({ p13, p14, p31, p32 }, context) => {
      const most = 1 + Number.EPSILON;
      if (p13 + p14 > most) context.addIssue(tooMuch("p13", p13, "p14", p14));
      if (p31 + p32 > most) context.addIssue(tooMuch("p31", p31, "p32", p32));
    }),
  draws: true,
  label: ({ p13, p31, p32, p23, p14 }) =>
    `markov4 ${[p13, p31, p32, p23, p14].map(formatShare).join(" ")}`,
  reach: ({ p13, p14 }) => ({ never: p13 === 0 && p14 === 0 }),
  create({ p13, p31, p32, p23, p14 }, { rng }) {
    let state: 1 | 2 | 3 | 4 = 1;
    return () => {
      const draw = rng.float();
      switch (state) {
        case 1:
          state = draw < p14 ? 4 : draw < p14 + p13 ? 3 : 1;
          break;
        case 2:
          state = draw < p23 ? 3 : 2;
          break;
        case 3:
          state = draw < p32 ? 2 : draw < p32 + p31 ? 1 : 3;
          break;
        case 4:
          state = 1;
      }
      return state > 2;
    };
  },
};

/** Two ways out of one state; the first of them has a default that must give way. */
function tooMuch(a: string, chanceOfA: number, b: string, chanceOfB: number): string {
  const sum = `${formatShare(chanceOfA)} + ${formatShare(chanceOfB)}`;
  return `${a} and ${b} leave the same state by ${sum}, more than always: write 100% or less in all`;
}
