/** A feed as data that can be handed to another thread, where it is read as it was here. */
import { protocols } from "../../codecs/mod.ts";
import { recoveries } from "../../codecs/recovery/mod.ts";
import { RangeSet } from "../../core/ranges.ts";
import { faults } from "../../faults/mod.ts";
import { lossModels } from "../../impairments/drop/mod.ts";
import { impairments } from "../../impairments/mod.ts";
import { sources } from "../../sources/mod.ts";
import { stores } from "../../stores/mod.ts";
import type { FeedScenario } from "../feed-scenario.ts";
import type { OpenFile } from "../files.ts";
import { withRecording } from "../recorded.ts";
import { timelineActions } from "../timeline/mod.ts";

/** What of a feed its publisher goes by. */
export type PublishedFeed = Pick<
  FeedScenario,
  "name" | "feed" | "lines" | "rules" | "timeline" | "recovery" | "open"
>;

/** Plain data that a thread can be given. */
export interface PortableFeed {
  readonly feed: unknown;
  /** Where the files are that its source names; undefined: it can name none. */
  readonly folder: string | undefined;
}

/** What things in a feed are one of: there they are the same objects, elsewhere they have names alone. */
const REGISTRIES: Readonly<Record<string, readonly { readonly name: string }[]>> = {
  protocols,
  recoveries,
  sources,
  impairments,
  lossModels,
  faults,
  stores,
  timelineActions,
};

/** Where a feed has something that is not known elsewhere, the path to it. */
export class NotPortable extends Error {
  override readonly name = "NotPortable";
}

const TAG = "$feedlab";

/** The feed for another thread; fails with `NotPortable`. */
export function toPortable({ open, feed, ...rest }: PublishedFeed): PortableFeed {
  if (feed.source.definition.file !== undefined && open.folder === undefined) {
    throw new NotPortable("open");
  }
  // What the source's file says is read there once more.
  const own = { ...rest, feed: { ...feed, recording: undefined } };
  return { feed: encode(own, []), folder: open.folder };
}

/** The feed that `toPortable` was given. `openIn` opens the files of a folder. */
export function fromPortable(
  { feed: encoded, folder }: PortableFeed,
  openIn: (folder: string | undefined) => OpenFile,
): PublishedFeed {
  const open = openIn(folder);
  const { feed, ...rest } = decode(encoded) as Omit<PublishedFeed, "open">;
  return { ...rest, open, feed: feed.recorded ? withRecording(feed, open) : feed };
}

function encode(value: unknown, path: readonly string[]): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new NotPortable(path.join("."));
  }
  if (typeof value !== "object" || value === null) return value;
  for (const [registry, entries] of Object.entries(REGISTRIES)) {
    const found = entries.find((entry) => entry === value);
    if (found !== undefined) return { [TAG]: "entry", registry, name: found.name };
  }
  if (value instanceof RangeSet) return { [TAG]: "ranges", ranges: [...value] };
  if (Array.isArray(value)) return value.map((inner, i) => encode(inner, [...path, String(i)]));
  if (value instanceof Map) {
    return new Map([...value].map(([key, inner]) => [key, encode(inner, [...path, String(key)])]));
  }
  if (ArrayBuffer.isView(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotPortable(path.join("."));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, encode(inner, [...path, key])]),
  );
}

function decode(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(decode);
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, decode(inner)]));
  if (TAG in value) {
    const tagged = value as { registry?: string; name?: string; ranges?: Iterable<never> };
    if (tagged.ranges !== undefined) return RangeSet.of(tagged.ranges);
    return REGISTRIES[tagged.registry!]!.find(({ name }) => name === tagged.name);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decode(inner)]));
}
