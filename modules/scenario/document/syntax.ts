/** The parser's complaints in the words of somebody who writes YAML, with a remedy each. */
import type { YAMLError } from "yaml";

/** What the parser saw besides its errors: where text and brackets were opened. */
export interface Opened {
  /** Offset of the last quoted text. */
  readonly quote: number;
  /** Each bracket and brace in order: its offset, and whether it opens. */
  readonly brackets: readonly { readonly at: number; readonly opens: boolean }[];
}

/** What is wrong, between two offsets. */
export interface SyntaxFault {
  readonly from: number;
  readonly until: number;
  readonly message: string;
}

/** Characters of the file that a message repeats. */
const WORD_MAX = 40;

/** One complaint of the parser. Its own words are used where we know no better ones. */
export function syntaxFault(error: YAMLError, text: string, opened: Opened): SyntaxFault {
  const [from, until] = error.pos;
  const word = text.slice(from, Math.min(until, from + WORD_MAX)).split("\n", 1)[0]!;
  const at = (message: string): SyntaxFault => ({ from, until, message });
  const own = (): SyntaxFault => at(`not valid YAML: ${lowerFirst(error.message)}`);

  if (error.message.startsWith("Missing closing")) {
    const quote = text[opened.quote] ?? '"';
    const message = `the text that opens here is never closed: add the closing ${quote}`;
    return { from: opened.quote, until: opened.quote + 1, message };
  }
  switch (error.code) {
    case "TAB_AS_INDENT":
      return at("a tab indents this line: YAML takes spaces only");
    case "BAD_INDENT": {
      const bracket = error.message.startsWith("Flow") ? unclosed(opened, from) : undefined;
      if (bracket === undefined) {
        return at("this line begins at another column than its neighbours: align it with them");
      }
      const closing = text[bracket] === "[" ? "]" : "}";
      const remedy = `add the missing "${closing}", or indent what it holds with spaces`;
      const message = `the "${text[bracket]}" that opens here is never closed: ${remedy}`;
      return { from: bracket, until: bracket + 1, message };
    }
    case "BLOCK_AS_IMPLICIT_KEY":
      return at(
        "a value and keys below or beside it: put the value in quotes if it has a colon, " +
          "or indent the keys after it like their neighbours",
      );
    case "MULTILINE_IMPLICIT_KEY":
    case "MISSING_CHAR":
      return at("a key without a value: write a colon and a space after the key");
    case "BAD_SCALAR_START":
      return at(`a value cannot begin with ${word[0] ?? "this"}: put it in quotes`);
    case "BAD_DQ_ESCAPE":
      return at(
        `unknown escape ${text.slice(from, from + 2)}: ` +
          "write \\\\ for a backslash, or use 'single quotes'",
      );
    case "TAG_RESOLVE_FAILED":
      return at(`cannot read the tag ${word}: a scenario needs no tags, remove it`);
    case "BAD_ALIAS":
      return at("an alias or anchor needs a name, and a space or line end after it");
    case "KEY_OVER_1024_CHARS":
      return at("a key longer than 1024 characters: is a quote or a line end missing?");
    case "UNEXPECTED_TOKEN":
      if (/Unexpected block-seq-ind/.test(error.message)) {
        return at('a list entry beside its key: begin a new line before "- "');
      }
      if (/Unexpected .*flow-(map|seq)-end/.test(error.message)) {
        return at(`nothing is open that ${word} could close: remove it`);
      }
      if (/Unexpected , /.test(error.message)) return at("a comma too many: remove it");
      if (/scalar at node end/.test(error.message)) {
        return at(
          "cannot tell how this goes on: put the whole value in quotes, " +
            `or "${word}" on its own line`,
        );
      }
      return own();
    default:
      return own();
  }
}

/** The innermost bracket before `end` that nothing closes. */
function unclosed(opened: Opened, end: number): number | undefined {
  const open: number[] = [];
  for (const { at, opens } of opened.brackets) {
    if (at >= end) break;
    if (opens) open.push(at);
    else open.pop();
  }
  return open.at(-1);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
