/**
 * A judged run as text, one JSON object a line, to be read again: a header with the scenario, the
 * journal's events, a summary with all the rest, and a seal over what stands above it.
 */
import { UserError } from "../core/errors.ts";
import type { FeedEvent } from "../core/events.ts";
import { fingerprint } from "../core/hash.ts";
import { fromPlain, type Plain, toPlain } from "../core/plain.ts";
import type { JudgedRun } from "../core/result.ts";
import { eventsOf } from "../core/journal.ts";
import { isAbout, type Part, type Run } from "../core/run.ts";
import { quote } from "../core/units.ts";

/** The version of the format; a reader knows its own alone. */
export const STORED_VERSION = 2;

/** What the first line says that it is. */
const FORMAT = "feedlab run";

/** How a stored run begins. */
export const STORED_START = `{"format":${JSON.stringify(FORMAT)},`;

/** The last line; `lines` and `sum` are of what stands above it. */
interface Seal {
  readonly seal: { readonly lines: number; readonly sum: string };
}

/** The run as the text of a file. */
export function writeStored({ runs, judgement, ...rest }: JudgedRun): string {
  const { name, seed, time } = runs[0];
  const lines = [
    { format: FORMAT, version: STORED_VERSION, name, seed, time, ...rest },
    ...eventsOf(runs).map(({ event, feed, handler }) => ({
      ...event,
      ...named({ feed, handler }),
    })),
    { runs: runs.map(withoutJournal), judgement },
  ].map((line) => `${JSON.stringify(toPlain(line))}\n`);
  const body = lines.join("");
  const seal: Seal = { seal: { lines: lines.length, sum: fingerprint(body) } };
  return `${body}${JSON.stringify(seal)}\n`;
}

/** Reads what `writeStored` wrote. Throws one UserError, whatever is wrong; `file` is its name. */
export function readStored(text: string, file: string): JudgedRun {
  const fail = (why: string): never => {
    throw new UserError(`Cannot read the run in ${quote(file)}: ${why}`);
  };
  const lines = text.split("\n");
  const header = object(lines[0]);
  if (header?.["format"] !== FORMAT) {
    return fail("it is no stored run: give a file that scenario run --save wrote");
  }
  if (header["version"] !== STORED_VERSION) {
    const version = JSON.stringify(header["version"]);
    return fail(
      `it has version ${version} of the format, and this feedlab reads ${STORED_VERSION}: ` +
        "read it with the feedlab that wrote it",
    );
  }
  const last = lines.at(-1) === "" ? lines.at(-2) : undefined;
  const { seal } = (object(last) ?? {}) as Partial<Seal>;
  if (seal === undefined) {
    return fail(`it is torn after line ${lines.length}: was it still being written? Run it again`);
  }
  const body = text.slice(0, text.length - last!.length - 1);
  if (seal.lines !== lines.length - 2 || seal.sum !== fingerprint(body)) {
    return fail("it was changed after it was written: take the original, or run it again");
  }
  // Sealed, so that what follows is as it was written.
  const { format: _, version: _v, name: _n, seed: _s, time: _t, ...rest } = header;
  const facts = fromPlain(rest) as Omit<JudgedRun, "runs" | "judgement">;
  const summary = fromPlain(object(lines.at(-3))!) as Pick<JudgedRun, "runs" | "judgement">;
  const [first, ...others] = summary.runs.map((run) => ({ ...run, journal: [] as FeedEvent[] }));
  for (const line of lines.slice(1, -3)) {
    const { feed, handler, ...event } = fromPlain(object(line)!) as FeedEvent & Part;
    for (const run of [first!, ...others]) {
      if (isAbout({ feed, handler }, run)) run.journal.push(event);
    }
  }
  return { ...facts, runs: [first!, ...others], judgement: summary.judgement };
}

/** The names of a part, where it has some. */
function named({ feed, handler }: Part): Part {
  return { ...(feed === "" ? {} : { feed }), ...(handler === "" ? {} : { handler }) };
}

function withoutJournal(run: Run): Omit<Run, "journal"> {
  const { journal: _, ...summary } = run;
  return summary;
}

/** The JSON object in a line, if that is what is in it. */
function object(line: string | undefined): { readonly [key: string]: Plain } | undefined {
  try {
    const value: unknown = JSON.parse(line ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as { readonly [key: string]: Plain })
      : undefined;
  } catch {
    return undefined;
  }
}
