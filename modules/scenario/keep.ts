/** From what is said of a store to a store for a feed, and from a store to the feed that it keeps. */
import { protocols } from "../codecs/mod.ts";
import { UserError } from "../core/errors.ts";
import type { Choice } from "../core/options.ts";
import type { Seq } from "../core/seq.ts";
import type { FeedRecord, FeedStore, FoundFeed, KeptFeed } from "../core/store.ts";
import { quote } from "../core/units.ts";
import { RETAIN_MAX } from "../stores/memory.ts";
import { stores } from "../stores/mod.ts";
import type { StoreDefinition, StoreDeps } from "../stores/store.ts";
import { type FeedPlan, protocolOf } from "./feed.ts";

/** A store of the registry, with its options. */
export type StoreChoice = Choice<StoreDefinition<unknown>>;

/** What nobody has to choose. */
export const inMemory: StoreChoice = { definition: stores[0]!, options: {}, rest: {} };

/** How a store is opened. */
export interface Keeping extends Pick<StoreDeps, "existing"> {
  /** Who publishes. */
  readonly by: string;
  readonly retain?: number | undefined;
}

/** Opens a store for what a feed publishes. Fails with a UserError. */
export function openStore(
  { definition, options }: StoreChoice,
  feed: Pick<FeedPlan, "protocol" | "first">,
  { by, existing, retain = RETAIN_MAX }: Keeping,
): Promise<FeedStore> {
  const first = feed.first ?? protocolOf(feed).packets.firstSeq;
  return definition.create(options, { record: recordOf(feed, by), first, retain, existing });
}

/** What is wrong with going on with this feed after what was found; `first` is what was asked for. */
export function wrongStart(
  found: FoundFeed,
  feed: Pick<FeedPlan, "protocol">,
  first: Seq | undefined,
): string | undefined {
  const { protocol } = found.record;
  const wanted = recordOf(feed, found.record.by).protocol;
  if (JSON.stringify(plain(wanted)) !== JSON.stringify(plain(protocol))) {
    const text = (of: FeedRecord["protocol"]): string =>
      protocol.name === wanted.name ? `${of.name} ${JSON.stringify(of.options)}` : of.name;
    return `it keeps a feed of ${text(protocol)}, not of ${text(wanted)}: name another path`;
  }
  return first === undefined || first === found.next
    ? undefined
    : `it goes on with SEQ:${found.next}, not with SEQ:${first}: ` +
        `leave --first out, or name another path`;
}

/** Opens a store that another process may be writing. Fails with a UserError. */
export function openKept({ definition, options }: StoreChoice): Promise<KeptFeed> {
  if (definition.open === undefined) {
    const others = stores.flatMap(({ name, open }) => (open === undefined ? [] : [name]));
    throw new UserError(
      `the ${definition.name} store is seen by no other process: take ${others.join(" or ")}`,
    );
  }
  return definition.open(options);
}

/** The protocol of a feed that was kept. */
export function protocolKept({ protocol }: FeedRecord): FeedPlan["protocol"] {
  const definition = protocols.find(({ name }) => name === protocol.name);
  if (definition === undefined) {
    throw new UserError(
      `the store keeps a feed of ${quote(protocol.name)}: this feedlab knows no such protocol`,
    );
  }
  return { definition, options: protocol.options, rest: {} };
}

function recordOf({ protocol }: Pick<FeedPlan, "protocol">, by: string): FeedRecord {
  return { protocol: { name: protocol.definition.name, options: protocol.options }, by };
}

/** As it comes back from where it was kept. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
