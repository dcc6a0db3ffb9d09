/** Rules that stand outside of a file, each a text of its own, in the grammar of `impair:`. */
import { checkRules, type RuleContext } from "./checks.ts";
import { readDocument } from "./document/mod.ts";
import { formatProblems, type Problem } from "./document/problem.ts";
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
  const documents = texts.map((text, i) =>
    readDocument(text, texts.length === 1 ? what : `${what} ${i + 1}`, rule),
  );
  const problems = documents.flatMap((document) => document.problems);
  const read = documents.flatMap(({ value }) => value ?? []);
  if (read.length < texts.length) return { rules: undefined, problems };
  const rules = nameRules([...above, ...read]);
  const found = checkRules(rules, context).flatMap(({ rule, path, message, ...more }) => {
    const document = documents[rule - above.length];
    return document === undefined ? [] : [document.problem(path, message, more)];
  });
  const wrong = found.some(({ severity }) => severity === "error");
  return { rules: wrong ? undefined : rules, problems: found };
}

/** The problems of one text after those of the one before. */
export function formatInline(problems: readonly Problem[], width: number): string {
  const texts = [...new Set(problems.map(({ file }) => file))];
  return texts
    .map((text) =>
      formatProblems(
        problems.filter(({ file }) => file === text),
        width,
      ),
    )
    .join("\n");
}
