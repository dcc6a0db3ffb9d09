import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { bundledNames, readScenarioText } from "../../modules/commands/scenario/files.ts";
import { scenarioJsonSchema } from "../../modules/scenario/schema.ts";

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(scenarioJsonSchema());

function errors(text: string): unknown {
  validate(parse(text));
  return validate.errors ?? [];
}

void test("the schema is one of draft 7", () => {
  assertEquals(scenarioJsonSchema()["$schema"], "http://json-schema.org/draft-07/schema#");
  assertEquals(new Ajv({ allowUnionTypes: true }).validateSchema(scenarioJsonSchema()), true);
});

for (const name of bundledNames()) {
  const { text } = readScenarioText(name);
  void test(`an editor finds no mistake in ${name}`, () => assertEquals(errors(text), []));
}

void test("an editor finds a misspelt key and a wrong type", () => {
  const text = readScenarioText("demo").text;
  assert((errors(text.replace("every: 5", "evry: 5")) as []).length > 0);
  assert((errors(text.replace("feedlab: 1", "feedlab: 2")) as []).length > 0);
  assert((errors(text.replace("messages: 22", "messages: [22]")) as []).length > 0);
});

void test("a default is shown as one would write it", () => {
  const schema = JSON.stringify(scenarioJsonSchema());
  assert(schema.includes('"default":"100ms..2s"'), "backoff");
  assert(!/"default":\d{5,}/.test(schema), "a default in nanoseconds");
});

void test("an editor knows feeds, and what may not stand beside them", () => {
  const feed = "{ feed: { messages: 3 }, lines: { A: { group: 239.192.1.1:6000 } } }";
  const expect = "expect: [{ check: delivered == 3, feed: a }]\n";
  const two = `feedlab: 1\nname: x\nfeeds: { a: ${feed}, b: ${feed} }\n${expect}`;
  assertEquals(errors(two), []);
  const wrong = [
    `${two}lines: { A: { group: 239.192.1.1:6000 } }\n`,
    two.replace("messages: 3", "mesages: 3"),
    two.replace("lines:", "line:"),
    two.replace("a: {", "2a: {"),
    "feedlab: 1\nname: x\nfeeds: {}\n",
    "feedlab: 1\nname: x\n",
  ];
  for (const text of wrong) assert((errors(text) as []).length > 0, text);
});

void test("an editor knows handlers, and what none of them can be called", () => {
  const { text } = readScenarioText("two-handlers");
  for (const wrong of [
    text.replace("{ gap_timeout: 600ms }", "{ gap_timout: 600ms }"),
    text.replace("patient: {", "2nd: {"),
    text.replace("patient: {", "recover: {"),
    text.replace("  patient: {", "  gap_timeout: 5ms\n  patient: {"),
  ]) {
    assert((errors(wrong) as []).length > 0, wrong);
  }
});
