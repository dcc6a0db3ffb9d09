import * as z from "zod";
import { chance } from "../../core/options.ts";
import { formatShare, quote } from "../../core/units.ts";
import type { LossModelDefinition } from "./model.ts";

/** A link that is good or bad, and how it changes. All are shares of one. */
export interface GilbertElliott {
  /** Of a good link to be bad at the next packet, and of a bad one to be good. */
  readonly p: number;
  readonly r: number;
  /** Of a packet to be lost while the link is bad, and while it is good. */
  readonly bad: number;
  readonly good: number;
}

/** Packets in a row: `6`, `2.5`, `6 packets`. It is a mean, so it need not be whole. */
const burst = z
  .union([z.string(), z.number()], { error: "expected a mean number of packets, such as 6" })
  .meta({ description: "a mean number of packets", examples: ["6"] })
  .transform((given, context) => {
    const [, digits] = /^(\d+(?:\.\d+)?)(?: packets)?$/.exec(String(given).trim()) ?? [];
    const mean = Number(digits);
    if (mean >= 1) return mean;
    const text = quote(String(given));
    context.addIssue(`${text} is not a mean number of packets in a row: write 1 or more, like 6`);
    return z.NEVER;
  });

const FORMS = "write { loss, burst }, or netem's { p, r, bad, good }";

const options = z
  .strictObject({
    loss: chance().optional(),
    burst: burst.optional(),
    p: chance().optional(),
    r: chance().optional(),
    bad: chance().optional(),
    good: chance().optional(),
  })
  .transform(({ loss, burst, p, ...states }, context): GilbertElliott => {
    const byMeans = loss !== undefined && burst !== undefined;
    const byStates = p !== undefined;
    const halves = [loss, burst].filter((value) => value !== undefined).length;
    const others = [p, states.r, states.bad, states.good].filter((value) => value !== undefined);
    if (byMeans && others.length === 0) {
      const found = fromMeans(loss, burst);
      if (typeof found !== "string") return found;
      context.addIssue(found);
    } else if (byStates && halves === 0) {
      const { r = 1 - p, bad = 1, good = 0 } = states;
      return { p, r, bad, good };
    } else if (halves > 0 && others.length > 0) {
      context.addIssue(`loss and burst cannot stand beside p, r, bad and good: ${FORMS}`);
    } else context.addIssue(`says too little: ${FORMS}, of which only p is needed`);
    return z.NEVER;
  });

/** The share of time in the bad state, p / (p + r), is the loss; a stay there is 1 / r packets. */
function fromMeans(loss: number, burst: number): GilbertElliott | string {
  const r = 1 / burst;
  const p = (loss * r) / (1 - loss);
  if (p <= 1) return { p, r, bad: 1, good: 0 };
  const most = formatShare(Math.floor((burst / (1 + burst)) * 1000) / 1000);
  return (
    `runs of ${burst} cannot make a loss of ${formatShare(loss)}, for a packet gets through ` +
    `between two of them: write ${most} or less, or a longer burst`
  );
}

/**
 * Loss in bursts: a Markov chain of two states that takes a step before each packet, and begins
 * good, as netem's does. `{ loss, burst }` is the simple Gilbert model, which loses all in the bad
 * state and nothing in the good one. `{ p, r, bad, good }` is netem's `gemodel p r 1-h 1-k`, with
 * its defaults.
 */
export const gilbertElliott: LossModelDefinition<GilbertElliott> = {
  name: "gilbert_elliott",
  summary:
    "in bursts: { loss, burst } mean loss and mean run of packets, or netem's { p, r, bad, good }",
  example: "drop: { gilbert_elliott: { loss: 2%, burst: 6 } }",
  options,
  draws: true,
  label: ({ p, r, bad, good }) =>
    bad === 1 && good === 0 && r > 0
      ? `gilbert_elliott ${formatShare(p / (p + r))} by ${Number((1 / r).toPrecision(4))}`
      : `gilbert_elliott ${[p, r, bad, good].map(formatShare).join(" ")}`,
  reach: ({ p, bad, good }) => ({ never: good === 0 && (p === 0 || bad === 0) }),
  create({ p, r, bad, good }, { rng }) {
    let isBad = false;
    return () => {
      isBad = isBad ? !rng.chance(r) : rng.chance(p);
      return rng.chance(isBad ? bad : good);
    };
  },
};
