import { didYouMean } from "../core/registry.ts";
import { ofPart } from "../core/run.ts";
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
    const { feed, handler } = expectation;
    if (feed !== undefined && !known.includes(feed)) {
      const have =
        known.length === 0
          ? ": the only feed has no name, so leave it out"
          : didYouMean(feed, known);
      return [{ path: ["expect", i, "feed"], message: `no feed ${quote(feed)}${have}` }];
    }
    const of = feeds.filter(({ name }) => expectedOf([expectation], { feed: name }).length > 0);
    const meant = handler === undefined ? of : of.filter((one) => namesHandler(one, handler));
    if (handler !== undefined && meant.length === 0) {
      return [{ path: ["expect", i, "handler"], message: noHandler(handler, of) }];
    }
    const wrong = meant.flatMap((one) => {
      const message = checkNames(expectation, namesOf(one));
      return message === undefined ? [] : [ofPart({ feed: one.name }, message)];
    });
    // What some feeds have and others have not may be meant for those alone.
    const [right] = meant.filter((one) => checkNames(expectation, namesOf(one)) === undefined);
    const some =
      right === undefined ? "" : `; to mean one feed, write { check: ..., feed: ${right.name} }`;
    return wrong.map((message) => ({ path: ["expect", i], message: message + some }));
  });
}

function namesHandler({ handlers }: FeedScenario, handler: string): boolean {
  return handlers.some(({ name }) => name === handler && name !== "");
}

/** What to say of a handler that none of these feeds has. */
function noHandler(name: string, feeds: readonly FeedScenario[]): string {
  const known = feeds
    .flatMap(({ handlers }) => handlers.map((handler) => handler.name))
    .filter((one) => one !== "");
  const have =
    known.length === 0
      ? ": the only handler has no name, so leave it out"
      : didYouMean(name, [...new Set(known)]);
  return `no handler ${quote(name)}${have}`;
}
