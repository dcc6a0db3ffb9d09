import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as z from "zod";
import {
  chance,
  count,
  duration,
  endpoint,
  group,
  oneOf,
  positiveDuration,
  rate,
  seqs,
} from "../../modules/core/options.ts";

/** The value, or the messages of all that is wrong with it, in place of it. */
function read<T>(type: z.ZodType<T>, given: unknown): T | string {
  const { success, data, error } = type.safeParse(given);
  return success ? data : error.issues.map(({ message }) => message).join("; ");
}

test("a value of YAML and a word of the command line are read alike", () => {
  assertEquals(read(duration(), "500ms"), 500e6);
  assertEquals(read(rate(), "10k/s"), 10_000);
  assertEquals(read(chance(), "1%"), 0.01);
  assertEquals(read(count(), "10k"), 10_000);
  assertEquals(read(count(), 500), 500);
  assertEquals(read(group(), "239.192.1.1:6000"), { host: "239.192.1.1", port: 6000 });
  assertEquals(read(endpoint(), "localhost:7000"), { host: "127.0.0.1", port: 7000 });
});

test("what is wrong is said in the words of our units", () => {
  assertEquals(read(duration(), 5), '"5" has no unit: write 5ms or 5s');
  assertEquals(
    read(chance(), 0.01),
    '"0.01" is not a chance: write it in percent, like 1% or 0.01%',
  );
  assertEquals(read(rate(), "10k"), '"10k" has no unit: write 10k/s');
  assertEquals(read(count(), 1.5), '"1.5" is not a whole number: write 500, 1_000 or 10k');
});

test("what is no scalar at all is told what was expected", () => {
  for (const given of [undefined, null, true, [], {}]) {
    assertEquals(read(duration(), given), "expected a time, such as 500ms");
    assertEquals(read(rate(), given), "expected a rate, such as 2/s");
    assertEquals(read(chance(), given), "expected a chance, such as 1%");
    assertEquals(read(count(), given), "expected a whole number, such as 500");
    assertEquals(read(group(), given), "expected a multicast group, such as 239.192.1.1:6000");
    assertEquals(read(endpoint(), given), "expected host:port, such as 127.0.0.1:7000");
  }
  for (const given of [undefined, null, true, {}, [true]]) {
    assertEquals(read(seqs(), given), "expected numbers, such as 10 or [10, 15..20]");
  }
});

test("a count keeps to its bounds, both ends in", () => {
  const type = count(1, 1000);
  assertEquals(read(type, 1), 1);
  assertEquals(read(type, "1k"), 1000);
  assertEquals(read(type, 0), '"0" is too small: write 1 or more');
  assertEquals(read(type, "1_001"), '"1_001" is too large: write 1000 or less');
});

test("a time that must not be nothing", () => {
  assertEquals(read(positiveDuration(), "1ns"), 1);
  assertEquals(read(positiveDuration(), "0s"), '"0s" is no time at all: write 1us or more');
  assertEquals(read(duration(), "0s"), 0);
});

test("numbers come as a word, a number or a list of both", () => {
  const numbers = (given: unknown): unknown => {
    const set = read(seqs(), given);
    return typeof set === "string" ? set : Array.from(set, ({ from, until }) => [from, until]);
  };
  assertEquals(numbers(10), [[10, 11]]);
  assertEquals(numbers("15..20"), [[15, 21]]);
  assertEquals(numbers([10, "15..20"]), [
    [10, 11],
    [15, 21],
  ]);
  assertEquals(numbers([]), '"" is not a set of numbers: write 10, 15..20 or 1000..');
  assertEquals(numbers(-1), '"-1" is not a set of numbers: write 10, 15..20 or 1000..');
});

test("what is written becomes the schema, with examples that can be read", () => {
  for (const type of [duration(), positiveDuration(), rate(), chance(), count(), group()]) {
    const schema = z.toJSONSchema(type, { io: "input" });
    assert(typeof schema.description === "string");
    assert(Array.isArray(schema.examples) && schema.examples.length > 0);
    for (const example of schema.examples) assert(type.safeParse(example).success, String(example));
  }
});

const entry = (name: string, options: z.ZodType) => ({
  name,
  summary: "",
  example: "",
  options,
  create: () => name,
});

test("one entry of a registry is chosen by its key", () => {
  const [every, odds] = [entry("every", count(1)), entry("chance", chance())];
  const type = oneOf([every, odds], "drop", { on: z.string().optional() });
  assertEquals(read(type, { every: 5 }), { definition: every, options: 5, rest: {} });
  assertEquals(read(type, { chance: "1%", on: "a" }), {
    definition: odds,
    options: 0.01,
    rest: { on: "a" },
  });
});

test("none, two, an unknown one, or one that is wrong inside", () => {
  const type = oneOf([entry("every", count(1)), entry("chance", chance())], "drop");
  const exactlyOne = "drop takes exactly one of: every, chance";
  assertEquals(read(type, {}), exactlyOne);
  assertEquals(read(type, { every: 5, chance: "1%" }), exactlyOne);
  assertEquals(read(type, { every: 0 }), '"0" is too small: write 1 or more');
  const unknown = type.safeParse({ evry: 5 });
  assertEquals(unknown.error?.issues[0]?.code, "unrecognized_keys");
});
