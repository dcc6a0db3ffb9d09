import type { FeedEvent } from "../core/events.ts";
import { ofPart, type Run } from "../core/run.ts";
import { threadFacts } from "../reports/facts.ts";
import { lineOf } from "../reports/lines.ts";
import { wrap } from "../reports/wrap.ts";
import type { World } from "../worlds/world.ts";
import type { Shell } from "./shell.ts";

/** How a command was told to speak. */
export interface Voice {
  readonly output: "text" | "json";
  readonly quiet: boolean;
  readonly color: "auto" | "always" | "never";
}

/** Events of one line whose text does not say which. */
const OF_A_LINE: readonly string[] = ["sent", "dropped", "received", "malformed"];

/** Tells the shell what happens, as it happens. `lines`: so many that each must be named. */
export function tell(
  shell: Shell,
  { output, quiet, color }: Voice,
  lines = 1,
): (event: FeedEvent, feed?: string, handler?: string) => void {
  if (quiet) return () => {};
  if (output === "json") {
    return (event, feed = "", handler = "") => {
      const named = { ...(feed === "" ? {} : { feed }), ...(handler === "" ? {} : { handler }) };
      shell.out(JSON.stringify({ ...event, ...named }));
    };
  }
  const paint = shell.paint(color);
  return (event, feed, handler) => {
    const line = lineOf(event, paint);
    if (line === undefined) return;
    const named = lines > 1 && "line" in event && OF_A_LINE.includes(event.event);
    shell.out(ofPart({ feed, handler }, named ? `${event.line}: ${line}` : line));
  };
}

/** The same as numbers, for the JSON event. */
export type Facts = Readonly<Record<string, unknown>>;

/**
 * Says that a command waits for what is to come. To people on standard error: programs that read
 * the demo's lines know of no other.
 */
export function announce(shell: Shell, { output, quiet }: Voice, line: string, facts: Facts): void {
  if (quiet) return;
  if (output === "json") shell.out(JSON.stringify({ event: "ready", ...facts }));
  else shell.err(line);
}

/** Says something once that helps to understand what is told: to people on standard error. */
export function remark(
  shell: Shell,
  { output, quiet }: Voice,
  event: string,
  line: string,
  facts: Facts,
): void {
  if (output === "json") {
    if (!quiet) shell.out(JSON.stringify({ event, ...facts }));
  } else shell.err(wrap("", line, shell.room.err, 2));
}

/** What `summarize` is given after the shell and the voice. */
export type Summary = [
  title: string,
  rows: readonly (readonly [label: string, value: string])[],
  facts: Facts,
];

/**
 * How packets travel in a world, and why that way; and whether the publisher has a thread of its own, where
 * there are any: as facts, and with `verbose` for people.
 */
export async function tellPath(
  shell: Shell,
  { output, verbose }: Pick<Voice, "output"> & { readonly verbose: boolean },
  { transport }: World,
  threads?: Run["threads"] | "",
): Promise<{
  readonly transport?: string;
  readonly transportReason?: string;
  readonly threads?: string;
}> {
  const people = verbose && output === "text";
  const path = await transport.path?.();
  const told = threads ? threadFacts(threads) : undefined;
  if (people && path !== undefined) shell.err(`Transport ${path.name}: ${path.reason}`);
  if (people && told !== undefined) shell.err(`Threads: ${told}`);
  return {
    ...(path && { transport: path.name, transportReason: path.reason }),
    ...(told !== undefined && { threads: told }),
  };
}

/** A command's last words: a title with rows for people, or one JSON event. */
export function summarize(
  shell: Shell,
  { output, color }: Voice,
  title: string,
  rows: readonly (readonly [label: string, value: string])[],
  facts: Facts,
): void {
  if (output === "json") return shell.out(JSON.stringify({ event: "summary", ...facts }));
  const room = Math.max(...rows.map(([label]) => label.length));
  shell.out(shell.paint(color).bold(title));
  for (const [label, value] of rows) shell.out(`  ${label.padEnd(room)}   ${value}`);
}
