/** The entries below `timeline:`, as they are read, named and held against the rest of the file. */
import * as z from "zod";
import { lookUp } from "../core/registry.ts";
import type { Path } from "./document/path.ts";
import { numbered } from "./rules.ts";
import { noPhase, type Phases } from "./selectors.ts";
import type { KnownNames, TimelineAction } from "./timeline/action.ts";
import { type At, at } from "./timeline/at.ts";
import { timelineActions } from "./timeline/mod.ts";

/** An entry as it was read. */
export interface ReadEntry {
  readonly at: At;
  readonly action: TimelineAction<unknown>;
  readonly options: unknown;
}

/** An entry with the name that reports use. */
export interface NamedEntry extends ReadEntry {
  readonly name: string;
}

const [first, ...others] = timelineActions.map(({ name, options }) =>
  z.strictObject({ at, do: z.literal(name), ...options.shape }),
);

/** An entry below `timeline:`. */
export const entry: z.ZodType<ReadEntry> = z
  .discriminatedUnion("do", [first!, ...others])
  .transform(({ at, do: name, ...options }) => ({
    at,
    action: lookUp(timelineActions, name, "action"),
    options,
  }));

/** Names each entry by what it does; `taken` are the names of the rules. */
export function nameEntries(entries: readonly ReadEntry[], taken: readonly string[]): NamedEntry[] {
  const labels = entries.map(({ action, options }) => action.label(options));
  const names = numbered([...taken, ...labels]).slice(taken.length);
  return entries.map((entry, i) => ({ ...entry, name: names[i]! }));
}

/** Something that an entry names and that is not there; `path` is from `timeline` on. */
export interface EntryProblem {
  readonly path: Path;
  readonly message: string;
}

/** Every name in the entries that means nothing. */
export function wrongEntries(
  entries: readonly ReadEntry[],
  phases: Phases,
  known: KnownNames,
): EntryProblem[] {
  return entries.flatMap(({ at, action, options }, i): EntryProblem[] => {
    const found: EntryProblem[] = [];
    if ("phase" in at && !phases.has(at.phase)) {
      found.push({ path: [i, "at"], message: noPhase(at.phase, phases) });
    }
    const wrong = action.wrong?.(options, known);
    if (wrong !== undefined) {
      const { key, message } = wrong;
      found.push({ path: key === undefined ? [i] : [i, key], message });
    }
    return found;
  });
}

/** What the verdict says that an entry which never came has broken. */
export function unmetEntryText(name: string): string {
  return `timeline: ${name} happens`;
}
