/**
 * Text to the parser's document, for files that nobody has looked at. The parser is fed piece by
 * piece, so that nesting, number of pieces and documents are known before anything recurses.
 */
import { Composer, type CST, type Document, Lexer, Parser, type YAMLError } from "yaml";
import { type Opened, type SyntaxFault, syntaxFault } from "./syntax.ts";

/** A larger file is refused unread. */
export const DOCUMENT_BYTES_MAX: number = 1 << 20;

/** Maps and lists within each other. */
export const NESTING_MAX = 64;

/**
 * Words, marks, escapes, spaces and line ends. Each can be a mistake, and the parser makes an error of
 * every one, which takes it up to ten microseconds. A scenario of a thousand rules has some 25,000.
 */
export const PIECES_MAX = 30_000;

/** The parser's complaints that are told: those after the first ones are rarely of their own. */
export const SYNTAX_FAULTS_MAX = 20;

/** The document, or the faults that leave nothing to look at further. */
export type Parsed =
  | { readonly document: Document.Parsed; readonly faults?: never }
  | { readonly document?: never; readonly faults: readonly SyntaxFault[] };

/** What to say about a file of `bytes`, when that is too much to read. */
export function tooLarge(bytes: number): string | undefined {
  if (bytes <= DOCUMENT_BYTES_MAX) return undefined;
  const size = `${(bytes / (1 << 20)).toFixed(1)} MiB`;
  const most = `${DOCUMENT_BYTES_MAX >> 20} MiB`;
  return `the file has ${size}, a scenario at most ${most}: is this the right file?`;
}

/** Reads `text` up to the first limit. Never throws. */
export function parse(text: string): Parsed {
  const unfit = notText(text);
  if (unfit !== undefined) return { faults: [unfit] };

  const { tokens, opened, fault } = tokenize(text);
  if (fault !== undefined) return { faults: [fault] };

  // Without `uniqueKeys` and `merge`: the parser compares all keys with all others, and its
  // resolution of aliases walks the document for each; ours is linear and knows the paths.
  const composer = new Composer({ uniqueKeys: false, merge: false, logLevel: "silent" });
  const [document] = composer.compose(tokens, true, text.length);
  if (document === undefined) return { faults: [emptyFile()] };

  const errors = firstOfEachLine(text, [...document.errors, ...document.warnings]);
  if (errors.length > 0) return { faults: errors.map((e) => syntaxFault(e, text, opened)) };
  return document.contents === null ? { faults: [emptyFile()] } : { document: document };
}

function emptyFile(): SyntaxFault {
  return { from: 0, until: 1, message: "the file is empty: a scenario begins with `feedlab: 1`" };
}

function notText(text: string): SyntaxFault | undefined {
  const large = tooLarge(text.length);
  if (large !== undefined) return { from: 0, until: 1, message: large };
  // U+FFFD is what a decoder leaves of bytes that are not UTF-8.
  const at = text.search(/[^\P{Cc}\t\n\r\u0085]|\ufffd/u);
  if (at === -1) return undefined;
  const code = text.charCodeAt(at);
  const what =
    code === 0
      ? "a NUL byte"
      : code === 0xfffd
        ? "bytes that are not UTF-8"
        : `the control character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const message = `${what} in the file: a scenario is plain text in UTF-8`;
  return { from: at, until: at + 1, message };
}

interface Tokens {
  readonly tokens: readonly CST.Token[];
  readonly opened: Opened;
  readonly fault?: SyntaxFault;
}

function tokenize(text: string): Tokens {
  const tokens: CST.Token[] = [];
  const brackets: Opened["brackets"][number][] = [];
  let quote = 0;
  let pieces = 0;
  let documents = 0;
  const parser = new Parser();
  const stop = (from: number, until: number, message: string): Tokens => ({
    tokens,
    opened: { quote, brackets },
    fault: { from, until, message },
  });

  for (const lexeme of new Lexer().lex(text)) {
    const at = parser.offset;
    if (lexeme === "[" || lexeme === "{") brackets.push({ at, opens: true });
    else if (lexeme === "]" || lexeme === "}") brackets.push({ at, opens: false });
    else if (lexeme.startsWith('"') || lexeme.startsWith("'")) quote = at;

    for (const token of parser.next(lexeme)) tokens.push(token);
    // The parser complains of each escape, and the lexer has them all in one piece.
    pieces += lexeme.startsWith('"') ? lexeme.split("\\").length : 1;
    if (pieces > PIECES_MAX) {
      const message = `more than ${PIECES_MAX} words and marks: a scenario is smaller than that`;
      return stop(at, at + 1, message);
    }
    if (nesting(parser.stack) > NESTING_MAX) {
      const message = `nested deeper than ${NESTING_MAX} levels: a scenario needs no more than ten`;
      return stop(at, at + 1, message);
    }
  }
  for (const token of parser.end()) tokens.push(token);

  for (const token of tokens) {
    if (token.type === "directive") {
      const message = `a scenario takes no "%" lines: remove it, the language is YAML 1.2`;
      return stop(token.offset, token.offset + token.source.length, message);
    }
    if (token.type === "document" && ++documents === 2) {
      const message = 'a second document begins here: remove "---", or put it in a file of its own';
      return stop(token.offset, token.offset + 3, message);
    }
  }
  return { tokens, opened: { quote, brackets } };
}

function nesting(stack: readonly CST.Token[]): number {
  if (stack.length <= NESTING_MAX) return 0;
  return stack.filter(({ type }) => /^(block-map|block-seq|flow-collection)$/.test(type)).length;
}

/** One slip makes the parser stumble several times; the first of each line is the one to mend. */
function firstOfEachLine(text: string, errors: readonly YAMLError[]): YAMLError[] {
  const kept: YAMLError[] = [];
  let lineEnd = -1;
  for (const error of errors.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    const [from] = error.pos;
    if (from <= lineEnd) continue;
    kept.push(error);
    lineEnd = text.indexOf("\n", from);
    if (lineEnd === -1 || kept.length === SYNTAX_FAULTS_MAX) break;
  }
  return kept;
}
