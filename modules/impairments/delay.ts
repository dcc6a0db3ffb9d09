import * as z from "zod";
import { correlatedDraws } from "../core/correlated.ts";
import { correlation, duration } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import { type Distribution, DISTRIBUTIONS, quantileOf } from "./distribution.ts";
import { drawByPacket } from "./draws.ts";
import { ALL_KINDS, type ImpairmentDefinition } from "./impairment.ts";

/** How long packets take. */
export interface Delay {
  /** The mean. */
  readonly by: Nanos;
  /** Of `uniform` how far to either side of `by`; of the others the standard deviation. */
  readonly jitter: Nanos;
  readonly distribution: Distribution;
  /** How much of each draw is that of the one before, in [0, 1). */
  readonly correlation: number;
  /** Whether a packet waits for those that came before it. */
  readonly keepOrder: boolean;
}

const options = z
  .strictObject({
    by: duration(),
    jitter: duration().prefault("0ms"),
    distribution: z.enum(DISTRIBUTIONS).optional(),
    correlation: correlation().optional(),
    keep_order: z.boolean().default(false),
  })
  .superRefine(({ by, jitter, distribution, correlation }, context) => {
    if (by === 0 && jitter === 0) context.addIssue("delays nothing: write by: 1ms or more");
    const needy = distribution !== undefined ? "distribution" : "correlation";
    if (jitter === 0 && (distribution ?? correlation) !== undefined) {
      context.addIssue({
        code: "custom",
        path: [needy],
        message: "says nothing without a jitter: add jitter: 1ms, or remove it",
      });
    }
  })
  .transform(({ by, jitter, distribution, correlation, keep_order }): Delay => ({
    by,
    jitter,
    distribution: distribution ?? "uniform",
    correlation: correlation ?? 0,
    keepOrder: keep_order,
  }));

/**
 * Lets packets leave later. With more jitter than there is time between two packets they overtake
 * each other, as in netem, unless `keep_order` is set. A delay that would be negative is none.
 */
export const delay: ImpairmentDefinition<Delay> = {
  name: "delay",
  summary: "lets packets leave later, by a fixed time or a spread of times",
  example: "delay: { by: 1ms, jitter: 500us, distribution: pareto }",
  options,
  kinds: ALL_KINDS,
  label: ({ by, jitter }) =>
    `delay ${formatDuration(by)}${jitter === 0 ? "" : ` jitter ${formatDuration(jitter)}`}`,
  create({ by, jitter, distribution, correlation, keepOrder }, { rng }) {
    const draw = drawByPacket(
      correlatedDraws(rng, correlation),
      correlatedDraws(rng.fork("copies"), correlation),
    );
    const quantile = quantileOf(distribution);
    let last: Nanos = 0;
    return {
      apply(packet, at, emit) {
        const wait = jitter === 0 ? by : Math.round(by + jitter * quantile(draw(packet)));
        const leaves = Math.max(at + Math.max(wait, 0), keepOrder ? last : at);
        last = leaves;
        emit(packet, leaves);
      },
    };
  },
};
