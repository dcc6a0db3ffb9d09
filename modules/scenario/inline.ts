/** Rules and faults that stand outside of a file, each a text of its own, in the file's grammar. */
import type { ZodType } from "zod";
import type { RecoveryCodec } from "../codecs/recovery/recovery.ts";
import { checkRules, type RuleContext } from "./checks.ts";
import { readDocument, type ReadDocument } from "./document/mod.ts";
import { formatProblems, type Problem } from "./document/problem.ts";
import { checkFaults, fault, nameFaults, type NamedFault } from "./faults.ts";
import { rule } from "./impair.ts";
import { type NamedRule, nameRules, type ReadRule } from "./rules.ts";

export { formatSummary } from "./document/problem.ts";

/** Rules, or every mistake that is in them; warnings come with rules. */
export interface InlineRules {
  readonly rules: readonly NamedRule[] | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads rules like `drop: { chance: 1% }`. They stand below those of `above`. `what` is what problems
 * call a text, followed by its position where there are more.
 */
export function readInlineRules(
  texts: readonly string[],
  what: string,
  above: readonly ReadRule[],
  context: RuleContext,
): InlineRules {
  const { documents, problems, read } = readTexts(texts, what, rule);
  if (read === undefined) return { rules: undefined, problems };
  const rules = nameRules([...above, ...read]);
  const found = checkRules(rules, context).flatMap(({ rule, path, message, ...more }) => {
    const document = documents[rule - above.length];
    return document === undefined ? [] : [document.problem(path, message, more)];
  });
  const wrong = found.some(({ severity }) => severity === "error");
  return { rules: wrong ? undefined : rules, problems: found };
}

/** Faults, or every mistake that is in them; warnings come with faults. */
export interface InlineFaults {
  readonly faults: readonly NamedFault[] | undefined;
  readonly problems: readonly Problem[];
}

/** Reads faults like `{ request: 2, silent: true }` of a server that speaks the protocol so named. */
export function readInlineFaults(
  texts: readonly string[],
  what: string,
  codec: RecoveryCodec,
  protocol: string,
  feed: RuleContext["feed"],
): InlineFaults {
  const { documents, problems, read } = readTexts(texts, what, fault);
  if (read === undefined) return { faults: undefined, problems };
  const faults = nameFaults(read);
  const found = checkFaults(faults, codec, protocol, feed).map(({ path, message, severity }) => {
    const [index, ...inner] = path;
    return documents[Number(index)]!.problem(inner, message, { severity });
  });
  const wrong = found.some(({ severity }) => severity === "error");
  return { faults: wrong ? undefined : faults, problems: found };
}

/** What stands in texts of one kind; `read` is undefined when any of them cannot be read. */
function readTexts<T>(
  texts: readonly string[],
  what: string,
  schema: ZodType<T>,
): {
  documents: readonly ReadDocument<T>[];
  problems: readonly Problem[];
  read: readonly T[] | undefined;
} {
  const documents = texts.map((text, i) =>
    readDocument(text, texts.length === 1 ? what : `${what} ${i + 1}`, schema),
  );
  const problems = documents.flatMap((document) => document.problems);
  const read = documents.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return { documents, problems, read: read.length < texts.length ? undefined : read };
}

/** The problems of one text after those of the one before. */
export function formatInline(problems: readonly Problem[], width: number, room?: number): string {
  const texts = [...new Set(problems.map(({ file }) => file))];
  return texts
    .map((text) =>
      formatProblems(
        problems.filter(({ file }) => file === text),
        width,
        room,
      ),
    )
    .join("\n");
}
