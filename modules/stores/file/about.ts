/** What is known of a store besides its messages: one small file, replaced as a whole. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Seq } from "../../core/seq.ts";
import type { FeedRecord, KeptSession } from "../../core/store.ts";
import type { Nanos } from "../../core/time.ts";
import { foreign, wrongVersion } from "../refusal.ts";

/** The file that makes a folder a store. */
export const ABOUT_FILE = "feed.json";

const FORM = "message store";
const VERSION = 1;

/** What is in it. */
export interface About {
  readonly record: FeedRecord;
  readonly first: Seq;
  readonly sessions: readonly KeptSession[];
  readonly flush: Nanos;
  readonly closed: boolean;
}

const head = z.object({ feedlab: z.literal(FORM), version: z.number() });

const body: z.ZodType<About> = z.object({
  record: z.object({
    protocol: z.object({ name: z.string(), options: z.unknown() }),
    by: z.string(),
  }),
  first: z.number(),
  sessions: z.array(z.object({ name: z.string(), from: z.number(), first: z.number() })),
  flush: z.number(),
  closed: z.boolean(),
});

/**
 * Reads it; undefined where there is no folder, or nothing in it. Throws a UserError for a folder that is
 * anything else.
 */
export function readAbout(folder: string): About | undefined {
  if (!existsSync(folder)) return undefined;
  if (!statSync(folder).isDirectory()) throw foreign(folder, "it is a file, not a folder");
  const path = join(folder, ABOUT_FILE);
  if (!existsSync(path)) {
    const [other] = readdirSync(folder).filter((name) => !name.startsWith(ABOUT_FILE));
    if (other === undefined) return undefined;
    throw foreign(folder, `the folder has ${JSON.stringify(other)}, and no ${ABOUT_FILE}`);
  }
  const text = readFileSync(path, "utf8");
  const read = head.safeParse(parse(text));
  if (!read.success) throw foreign(folder, `${ABOUT_FILE} is of no store of feedlab`);
  if (read.data.version !== VERSION) throw wrongVersion(folder, read.data.version, VERSION);
  const about = body.safeParse(parse(text));
  if (!about.success) throw foreign(folder, `${ABOUT_FILE} is damaged`);
  return about.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes it: whoever reads meanwhile finds the one or the other. */
export function writeAbout(folder: string, about: About): void {
  const path = join(folder, ABOUT_FILE);
  writeFileSync(`${path}.new`, JSON.stringify({ feedlab: FORM, version: VERSION, ...about }));
  renameSync(`${path}.new`, path);
}
