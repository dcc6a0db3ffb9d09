import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as z from "zod";
import { UserError } from "../../modules/core/errors.ts";
import { count, named, speed } from "../../modules/core/options.ts";
import { type Flag, readFlags } from "../../modules/scenario/flags.ts";

const plain = {
  name: "plain",
  summary: "",
  example: "",
  options: z.strictObject({}),
  create: () => undefined,
};
const sized = { ...plain, name: "sized", options: z.strictObject({ size: count(1) }) };
const schema = z.strictObject({
  kind: named([plain, sized], "kind", { speed: speed().default(1) }).optional(),
  name: z.string().optional(),
  batch: z.strictObject({ messages: count(1) }).optional(),
});

const kind = (word: string): Flag => ({ flag: "kind", word, key: "kind" });
const scalar = (flag: string, word: string, key = flag): Flag => ({ flag, word, key, value: word });

function read(...flags: Flag[]): unknown {
  try {
    const { kind, ...rest } = readFlags(flags, schema);
    if (kind === undefined) return rest;
    return { ...rest, kind: kind.definition.name, options: kind.options, ...kind.rest };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

void test("a name, or a key with its options, with or without braces, in one line or more", () => {
  const plainly = { kind: "plain", options: {}, speed: 1 };
  assertEquals(read(kind("plain")), plainly);
  assertEquals(read(kind("{ plain: {} }")), plainly);
  const large = { kind: "sized", options: { size: 3 }, speed: 1 };
  for (const word of ["sized: { size: 3 }", "{ sized: { size: 3 } }", "sized:\n  { size: 3 }"]) {
    assertEquals(read(kind(word)), large, word);
  }
  assertEquals(read(kind("sized: { size: 3 } # a comment"), scalar("name", "n")), {
    ...large,
    name: "n",
  });
});

void test("what stands beside a name, or below a key, has a flag of its own", () => {
  assertEquals(read(kind("plain"), scalar("speed", "10x", "kind.speed")), {
    kind: "plain",
    options: {},
    speed: 10,
  });
  assertEquals(read(kind("sized: { size: 3 }"), scalar("speed", "2x", "kind.speed")), {
    kind: "sized",
    options: { size: 3 },
    speed: 2,
  });
  assertEquals(read(scalar("batch", "8", "batch.messages")), { batch: { messages: 8 } });
});

void test("words that are no YAML are taken to the letter", () => {
  for (const word of ["a: b", "{", "'", "# no comment", "*alias", "1.10", "null", "a\nb"]) {
    assertEquals(read(scalar("name", word)), { name: word });
  }
});

void test("a mistake names its flag", () => {
  assertEquals(read(kind("plane")), '--kind "plane" is none of plain, sized');
  assertEquals(
    read(kind("sized: { siz: 3 }")),
    '--kind "sized: { siz: 3 }": sized: unknown key "siz": did you mean "size"? (size)',
  );
  assertEquals(
    read(kind("plain"), scalar("speed", "fast", "kind.speed")),
    '--speed "fast" is no speed: write 10x, or 0.5x for half of it',
  );
  assertEquals(
    read(scalar("batch", "0", "batch.messages")),
    '--batch "0" is too small: write 1 or more',
  );
});

void test("what a scenario would be told to write is told as a flag", () => {
  const source = { ...sized, name: "itch", example: "source: { itch: { size: 3 } }" };
  const file = z.strictObject({ source: named([plain, source], "source") });
  const told = (word: string): string => {
    try {
      return JSON.stringify(readFlags([{ flag: "source", word, key: "source" }], file));
    } catch (error) {
      return (error as Error).message;
    }
  };
  assertEquals(
    told("itch"),
    `--source "itch" needs more than its name: write --source 'itch: { size: 3 }'`,
  );
  assertEquals(told("ich"), `--source "ich" is none of plain, itch: did you mean "itch"?`);
  assertEquals(told("ftp"), `--source "ftp" is none of plain, itch`);
});
