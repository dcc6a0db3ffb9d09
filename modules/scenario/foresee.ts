import { slug } from "../core/run.ts";
import { formatRange, formatRanges } from "../core/seq.ts";
import { formatShare, plural } from "../core/units.ts";
import type { Plan } from "../core/plan.ts";
import type { Expectation } from "../expectations/expectation.ts";
import type { Path } from "./document/path.ts";
import { expectedOf, type FeedScenario } from "./feed-scenario.ts";
import { planFeed } from "./plan.ts";

/** Packets that are planned to find out what cannot come true; larger scenarios are let be. */
const PACKETS_MAX = 100_000;

/** Seeds that are tried to see how much a rule's share moves from seed to seed. */
const SEEDS = 12;

/** Standard deviations that a band should leave on each side: one run in 370 falls outside. */
const SIGMAS = 3;

/** Something that will not be as the file says, although the file is sound. */
export interface Foreseen {
  readonly path: Path;
  readonly message: string;
}

/**
 * Plans a feed, and says what of the expectations cannot come true, or comes true by luck. Paths are
 * from the feed's own keys on, but for those of expectations.
 */
export function foresee(
  scenario: FeedScenario,
  expectations: readonly Expectation[],
  seed: string | undefined,
): Foreseen[] {
  const { feed, lines } = scenario;
  const own = expectations.flatMap((expectation, i) =>
    expectedOf([expectation], { feed: scenario.name }).map((one) => ({ expectation: one, i })),
  );
  const packets = (feed.messages ?? Infinity) * lines.length;
  if (packets > PACKETS_MAX) return [];
  if (seed !== undefined) return certain(scenario, own, planFeed(scenario, seed));
  const [one, other] = [planFeed(scenario, "one"), planFeed(scenario, "other")];
  if (one.hash === other.hash) return certain(scenario, own, one);
  return packets * SEEDS > PACKETS_MAX ? [] : byLuck(scenario, own);
}

/** An expectation with its position in the file. */
interface Placed {
  readonly expectation: Expectation;
  readonly i: number;
}

/** What a plan that every run will follow makes impossible. */
function certain(
  scenario: FeedScenario,
  expectations: readonly Placed[],
  { lost, next }: Plan,
): Foreseen[] {
  const { heartbeats, lines, recovery } = scenario;
  const found: Foreseen[] = [];
  const missing = lost.reduce((sum, { from, until }) => sum + until - from, 0);
  for (const { expectation, i } of expectations) {
    if (missing > 0 && recovery === undefined && wantsEverything(expectation)) {
      const where = lines.length === 1 ? "the only line" : "every line";
      found.push({
        path: ["expect", i],
        message:
          `${expectation.text} cannot hold: ${plural(missing, "message")} ` +
          `(SEQ:${formatRanges(lost.slice(0, 5))}${lost.length > 5 ? ", ..." : ""}) ` +
          `${missing === 1 ? "is" : "are"} dropped on ${where} and there is no recovery`,
      });
    }
  }
  const last = lost.at(-1);
  if (last?.until === next && !heartbeats) {
    found.push({
      path: ["impair"],
      message:
        `SEQ:${formatRange(last)} is dropped at the very end and nothing comes after it: ` +
        `without a heartbeat nobody can notice`,
    });
  }
  return found;
}

function wantsEverything({ metric, op, low, phase }: Expectation): boolean {
  const all = low.share && low.value === 1;
  return metric.name === "delivered" && phase === undefined && all && (op === "==" || op === ">=");
}

/** Bands so narrow that chance alone leaves them now and then, where no seed is fixed. */
function byLuck(scenario: FeedScenario, expectations: readonly Placed[]): Foreseen[] {
  const bands = expectations.filter(
    ({ expectation: { metric, op } }) => metric.name === "impair.*.rate" && op === "in",
  );
  if (bands.length === 0) return [];
  const plans = Array.from({ length: SEEDS }, (_, i) => planFeed(scenario, String(i)));
  return bands.flatMap(({ expectation: { param, low, high, text }, i }) => {
    const sigma = deviation(plans.map((plan) => shareOf(plan, param)));
    if (high.value - low.value >= 2 * SIGMAS * sigma) return [];
    const message =
      `${text} is narrower than ${SIGMAS} standard deviations to each side ` +
      `(one is about ${formatShare(Number(sigma.toPrecision(2)))}): fix a seed, or widen it`;
    return [{ path: ["expect", i], message }];
  });
}

function shareOf({ rules }: Plan, param: string): number {
  const named = rules.filter(({ rule }) => slug(rule) === param);
  const seen = named.reduce((sum, rule) => sum + rule.seen, 0);
  return seen === 0 ? 0 : named.reduce((sum, rule) => sum + rule.hits, 0) / seen;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
