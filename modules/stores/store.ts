/** Where what was published is kept. */
import type { Definition } from "../core/registry.ts";
import type { Seq } from "../core/seq.ts";
import type { FeedRecord, FeedStore, KeptFeed } from "../core/store.ts";

/** What a store is opened for. */
export interface StoreDeps {
  readonly record: FeedRecord;
  /** The number of the first message, where the store is new. */
  readonly first: Seq;
  /** The newest messages that are kept. */
  readonly retain: number;
  /** What becomes of messages that are there: they are gone on after, or make room. */
  readonly existing: "continue" | "replace";
}

/** A store as `store:` names it. */
export interface StoreDefinition<Options> extends Definition<
  Options,
  Promise<FeedStore>,
  StoreDeps
> {
  /** Opens what another process keeps, to read it; absent where no other process can. */
  open?(this: void, options: Options): Promise<KeptFeed>;
}
