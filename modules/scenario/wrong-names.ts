import { didYouMean } from "../core/registry.ts";
import { ofFeed } from "../core/run.ts";
import { quote } from "../core/units.ts";
import { checkNames, type Expectation } from "../expectations/expectation.ts";
import type { Path } from "./document/path.ts";
import { expectedOf, type FeedScenario, namesOf } from "./feed-scenario.ts";

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
