/**
 * Golden sessions: a file is what one or more terminals showed, and can be replayed.
 *
 *     # Whatever is not in a block is prose, and stays.
 *
 *     === terminal 1
 *     $ feedlab recover
 *     2> Answering on 127.0.0.1:7000
 *     ^C after 12s
 *     Answered 4 of 4 requests
 *     [exit 130]
 *
 *     === terminal 2
 *     $ sleep 3s
 *     $ feedlab serve --messages 22
 *     ...
 *     [exit 0]
 *
 * The commands of a terminal run one after the other, the terminals at the same time. `2> ` stands
 * before what went to standard error. `$ cat > my.yaml <<EOF` writes a file, up to a line `EOF`.
 */
import { invariant } from "../../modules/core/errors.ts";
import type { Nanos } from "../../modules/core/time.ts";
import { parseDuration } from "../../modules/core/units.ts";

/** A command and what the terminal showed, its exit code last. */
export interface Block {
  /** What was typed, without the prompt. */
  readonly typed: string;
  /** When Ctrl-C was pressed, counted from the start of the command. */
  readonly interruptNs: Nanos | undefined;
  readonly shown: readonly string[];
}

/** A file that the session's commands find. */
export interface SessionFile {
  readonly name: string;
  readonly text: string;
}

/** A session, as its file has it. */
export interface Session {
  /** Blocks by terminal, in the order of the file. */
  readonly terminals: readonly (readonly Block[])[];
  readonly files: readonly SessionFile[];
  /** The file's text, with other blocks in place of these, in the order of the file. */
  rewrite(blocks: readonly Block[]): string;
}

const TERMINAL = /^=== terminal /;
const INTERRUPT = /^\^C after (\S+)$/;
const EXIT = /^\[exit \d+\]$/;
const CAT = /^\$ cat > (\S+) <<EOF$/;

/** Reads a session's text. */
export function parseSession(text: string): Session {
  const terminals: Block[][] = [[]];
  const files: SessionFile[] = [];
  const parts: (string | Block)[] = [];
  const lines = text.split("\n");
  const take = (end: RegExp): string[] => {
    const length = lines.findIndex((line) => end.test(line)) + 1;
    invariant(length > 0, `a block of the session has no end ${end.source}`);
    return lines.splice(0, length);
  };
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, file] = CAT.exec(line) ?? [];
    if (file !== undefined) {
      const content = take(/^EOF$/);
      parts.push(line, ...content);
      files.push({ name: file, text: `${content.slice(0, -1).join("\n")}\n` });
    } else if (line.startsWith("$ ")) {
      const typed = line.slice(2);
      const shown = typed.startsWith("feedlab") ? take(EXIT) : [];
      const times = shown.map((line) => INTERRUPT.exec(line)?.[1]).filter((time) => time);
      const interruptNs = times[0] === undefined ? undefined : parseDuration(times[0]);
      const block = { typed, interruptNs, shown };
      terminals.at(-1)!.push(block);
      parts.push(block);
    } else {
      if (TERMINAL.test(line) && terminals.at(-1)!.length > 0) terminals.push([]);
      parts.push(line);
    }
  }
  return {
    terminals,
    files,
    rewrite(blocks) {
      const rest = [...blocks];
      return parts
        .map((part) => (typeof part === "string" ? part : formatBlock(rest.shift()!)))
        .join("\n");
    },
  };
}

/** As it stands in the file. */
export function formatBlock({ typed, shown }: Block): string {
  return [`$ ${typed}`, ...shown].join("\n");
}

/** The words of a command line. Single quotes keep a word together. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""));
}
