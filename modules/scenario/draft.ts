/** A scenario as plain data, and what can be taken out of it. */

import { handlerNames, outlineOf } from "./handlers.ts";
import { LISTEN_KEYS } from "./listen.ts";

/** As it would stand in a file. Never changed: what is taken out is left out of a copy. */
export type Draft = Readonly<Record<string, unknown>>;

/** The lists of which entries can be taken out. */
export type ListKey = "expect" | "impair" | "timeline" | "phases";

/** The names of a draft's feeds; an empty one where the only feed has none. */
export function feedNames({ feeds }: Draft): string[] {
  return feeds === undefined ? [""] : Object.keys(feeds as Draft);
}

/** The entries of a list of a feed, or of the draft itself where the list is no feed's. */
export function listOf(draft: Draft, feed: string, key: ListKey): readonly unknown[] {
  const list = holderOf(draft, feed, key)[key];
  return Array.isArray(list) ? list : [];
}

/** The draft with other entries in a list; without entries it has no list. */
export function withList(
  draft: Draft,
  feed: string,
  key: ListKey,
  entries: readonly unknown[],
): Draft {
  const { [key]: _, ...rest } = holderOf(draft, feed, key);
  const holder = entries.length === 0 ? rest : { ...holderOf(draft, feed, key), [key]: entries };
  if (key === "expect") return holder;
  return key === "phases"
    ? withKeys(draft, feed, { ...keysOf(draft, feed), feed: holder })
    : withKeys(draft, feed, holder);
}

/** The draft with that many messages at most in a feed. */
export function withMessages(draft: Draft, feed: string, messages: number): Draft {
  const keys = keysOf(draft, feed);
  return withKeys(draft, feed, { ...keys, feed: { ...(keys["feed"] as Draft), messages } });
}

/** The draft without one of its feeds. */
export function withoutFeed(draft: Draft, feed: string): Draft {
  const { [feed]: _, ...feeds } = draft["feeds"] as Draft;
  return { ...draft, feeds };
}

/** The names of the handlers of a feed; none where its only handler has no name. */
export function handlersOf(draft: Draft, feed: string): readonly string[] {
  return handlerNames(outlineOf(keysOf(draft, feed)["listen"]), LISTEN_KEYS) ?? [];
}

/** The draft without one of the handlers of a feed. */
export function withoutHandler(draft: Draft, feed: string, handler: string): Draft {
  const keys = keysOf(draft, feed);
  const { [handler]: _, ...listen } = keys["listen"] as Draft;
  return withKeys(draft, feed, { ...keys, listen });
}

/** What an entry of a list is called in a report. */
export function entryText(key: ListKey, entry: unknown): string {
  if (typeof entry !== "object" || entry === null) return String(entry);
  const { name, check, do: action, at } = entry as Draft;
  return String(key === "timeline" ? `${String(action)} at ${String(at)}` : (name ?? check));
}

function holderOf(draft: Draft, feed: string, key: ListKey): Draft {
  if (key === "expect") return draft;
  const keys = keysOf(draft, feed);
  return key === "phases" ? (keys["feed"] as Draft) : keys;
}

function keysOf(draft: Draft, feed: string): Draft {
  return feed === "" ? draft : ((draft["feeds"] as Draft)[feed] as Draft);
}

function withKeys(draft: Draft, feed: string, keys: Draft): Draft {
  if (feed === "") return keys;
  return { ...draft, feeds: { ...(draft["feeds"] as Draft), [feed]: keys } };
}
