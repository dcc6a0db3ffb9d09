/** Finds a smaller scenario that still fails, by leaving out one thing after another. */
import {
  type Draft,
  entryText,
  feedNames,
  handlersOf,
  type ListKey,
  listOf,
  withList,
  withMessages,
  withoutFeed,
  withoutHandler,
} from "./draft.ts";

/** Scenarios that are tried for one failure. */
export const SHRINK_RUNS_MAX = 200;

/** How a scenario is made smaller. */
export interface ShrinkOptions {
  /** Whether the draft fails in the way that is looked for; undefined: it is no scenario at all. */
  readonly fails: (draft: Draft) => Promise<boolean | undefined>;
  /** How many messages each feed has published. */
  readonly published: ReadonlyMap<string, number>;
  /** False: with fewer messages any scenario would fail like this. */
  readonly shorten: boolean;
  readonly runsMax?: number;
}

/** The number of a feed's messages, before and after. */
export interface Shortened {
  readonly feed: string;
  readonly from: number;
  readonly to: number;
}

/** The smallest scenario that was found. */
export interface Shrunk {
  readonly draft: Draft;
  /** What could be left out: `rule "burst loss"`. */
  readonly leftOut: readonly string[];
  readonly messages: readonly Shortened[];
  /** Scenarios that were tried. */
  readonly runs: number;
  /** True: there was no time to try everything. */
  readonly limited: boolean;
}

/** What entries of the lists are called; expectations are those of the whole file. */
const LISTS = [
  ["impair", "rule"],
  ["timeline", "timeline entry"],
  ["phases", "phase"],
] as const;

/**
 * Leaves out whatever the failure does not need: expectations, feeds, handlers, messages from the end
 * on, rules, entries of the timeline, and last phases. The same draft and the same answers give the
 * same end.
 */
export async function shrink(draft: Draft, options: ShrinkOptions): Promise<Shrunk> {
  const search = new Search(draft, options);
  for (let before: Draft | undefined; before !== search.draft && !search.limited;) {
    before = search.draft;
    await search.thin("", "expect");
    for (const feed of feedNames(search.draft)) await search.dropFeed(feed);
    for (const feed of feedNames(search.draft)) {
      await search.dropHandlers(feed);
      if (options.shorten) await search.shorten(feed);
      await search.thin(feed, "impair");
      await search.thin(feed, "timeline");
      if (options.shorten) await search.dropLastPhases(feed);
    }
  }
  const { draft: small, runs, limited } = search;
  return {
    draft: small,
    leftOut: leftOut(draft, small),
    messages: search.messages,
    runs,
    limited,
  };
}

/** The smallest draft so far, and what was tried. */
class Search {
  draft: Draft;
  runs = 0;
  limited = false;
  #options: ShrinkOptions;
  #messages = new Map<string, number>();

  constructor(draft: Draft, options: ShrinkOptions) {
    this.draft = draft;
    this.#options = options;
  }

  /** The feeds that became shorter. */
  get messages(): Shortened[] {
    return [...this.#messages].flatMap(([feed, to]) =>
      feedNames(this.draft).includes(feed) ? [{ feed, from: this.#published(feed), to }] : [],
    );
  }

  /** Takes out all entries of a list, or the half of them, down to single ones. */
  async thin(feed: string, key: ListKey): Promise<void> {
    let size = listOf(this.draft, feed, key).length;
    for (; size >= 1; size = Math.floor(size / 2)) {
      // From the end, so that what comes before keeps its place.
      for (let at = listOf(this.draft, feed, key).length; at > 0; at -= size) {
        const from = Math.max(0, at - size);
        const entries = listOf(this.draft, feed, key);
        const rest = entries.filter((_, i) => i < from || i >= at);
        if (rest.length < entries.length) await this.#try(withList(this.draft, feed, key, rest));
      }
    }
  }

  async dropFeed(feed: string): Promise<void> {
    if (feedNames(this.draft).length > 1) await this.#try(withoutFeed(this.draft, feed));
  }

  async dropHandlers(feed: string): Promise<void> {
    for (const handler of handlersOf(this.draft, feed)) {
      if (handlersOf(this.draft, feed).length === 1) return;
      await this.#try(withoutHandler(this.draft, feed, handler));
    }
  }

  /** Halves what lies between too few messages and enough. */
  async shorten(feed: string): Promise<void> {
    let enough = this.#messages.get(feed) ?? this.#published(feed);
    let tooFew = 0;
    while (enough - tooFew > 1 && !this.limited) {
      const middle = Math.floor((tooFew + enough) / 2);
      if (await this.#try(withMessages(this.draft, feed, middle))) {
        enough = middle;
        this.#messages.set(feed, middle);
      } else tooFew = middle;
    }
  }

  async dropLastPhases(feed: string): Promise<void> {
    for (;;) {
      const phases = listOf(this.draft, feed, "phases");
      if (phases.length < 2) return;
      const rest = phases.slice(0, -1);
      if (!(await this.#try(withList(this.draft, feed, "phases", rest)))) return;
    }
  }

  /** Keeps a draft that still fails. */
  async #try(draft: Draft): Promise<boolean> {
    const { fails, runsMax = SHRINK_RUNS_MAX } = this.#options;
    if (this.runs >= runsMax) {
      this.limited = true;
      return false;
    }
    const failed = await fails(draft);
    if (failed !== undefined) this.runs++;
    if (failed) this.draft = draft;
    return failed ?? false;
  }

  #published(feed: string): number {
    return this.#options.published.get(feed) ?? 0;
  }
}

function leftOut(before: Draft, after: Draft): string[] {
  const kept = feedNames(after);
  const missing = (feed: string, key: ListKey, what: string): string[] => {
    // Entries are never changed, so each is itself.
    const left = listOf(after, feed, key);
    return listOf(before, feed, key)
      .filter((entry) => !left.includes(entry))
      .map((entry) => `${what} ${JSON.stringify(entryText(key, entry))}`);
  };
  return [
    ...missing("", "expect", "expectation"),
    ...feedNames(before)
      .filter((feed) => !kept.includes(feed))
      .map((feed) => `feed ${JSON.stringify(feed)}`),
    ...kept.flatMap((feed) => {
      const left = handlersOf(after, feed);
      return handlersOf(before, feed)
        .filter((handler) => !left.includes(handler))
        .map((handler) => `handler ${JSON.stringify(handler)}`);
    }),
    ...kept.flatMap((feed) => LISTS.flatMap(([key, what]) => missing(feed, key, what))),
  ];
}
