/** The lines below `expect:`. */
import * as z from "zod";
import { didYouMean } from "../core/registry.ts";
import { ofFeed } from "../core/run.ts";
import { quote, UnitError } from "../core/units.ts";
import { checkNames, type Expectation, parseExpectation } from "../expectations/expectation.ts";
import { metrics } from "../expectations/mod.ts";
import type { Path } from "./document/path.ts";
import { expectedOf, type FeedScenario, namesOf } from "./feed-scenario.ts";

/** `gaps.detected == 4`. */
const check = z
  .string({ error: "expected metric op value, such as gaps.detected == 4" })
  .meta({ examples: ["gaps.detected == 4", "delivered == 100%"] })
  .transform((text, context) => {
    try {
      return parseExpectation(text, metrics);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });

const detailed = z
  .strictObject({
    check,
    name: z.string().min(1).optional(),
    phase: z.string().optional(),
    feed: z.string().optional(),
    abort: z.boolean().default(false),
  })
  .transform(({ check, name, phase, feed, abort }) => ({
    ...check,
    text: name ?? `${check.text}${phase === undefined ? "" : ` (${phase})`}`,
    check:
      name === undefined ? undefined : `${check.text}${phase === undefined ? "" : `, ${phase}`}`,
    phase,
    feed,
    abort,
  }));

/**
 * `gaps.detected == 4`, or a map: `{ check: delivery.stall.max < 500ms, phase: open, abort: true }`.
 * Whether the lines, rules, phases and the feed that it names exist is seen later.
 */
export const expectation = z.union([check, detailed]);

/** Every name in the expectations that means nothing to a feed of which they speak. */
export function wrongNames(
  expectations: readonly Expectation[],
  feeds: readonly FeedScenario[],
): { readonly path: Path; readonly message: string }[] {
  const known = feeds.map(({ name }) => name).filter((name) => name !== "");
  return expectations.flatMap((expectation, i) => {
    const { feed } = expectation;
    if (feed !== undefined && !known.includes(feed)) {
      const have =
        known.length === 0
          ? ": the only feed has no name, so leave it out"
          : didYouMean(feed, known);
      return [{ path: ["expect", i, "feed"], message: `no feed ${quote(feed)}${have}` }];
    }
    const of = feeds.filter((one) => expectedOf([expectation], one).length > 0);
    const wrong = of.flatMap((one) => {
      const message = checkNames(expectation, namesOf(one));
      return message === undefined ? [] : [ofFeed(one.name, message)];
    });
    // What some feeds have and others have not may be meant for those alone.
    const [right] = of.filter((one) => checkNames(expectation, namesOf(one)) === undefined);
    const some =
      right === undefined ? "" : `; to mean one feed, write { check: ..., feed: ${right.name} }`;
    return wrong.map((message) => ({ path: ["expect", i], message: message + some }));
  });
}
