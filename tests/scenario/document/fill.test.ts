import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as z from "zod";
import { duration } from "../../../modules/core/options.ts";
import { fill } from "../../../modules/scenario/document/fill.ts";

void test("what is left out is there, what is given stays", () => {
  const schema = z.strictObject({
    a: z.string().default("x"),
    b: duration().prefault("5ms"),
    c: z.string().optional(),
    d: z.strictObject({ e: z.number().default(1) }).prefault({}),
  });
  assertEquals(fill(schema, {}), { a: "x", b: "5ms", d: { e: 1 } });
  assertEquals(fill(schema, { d: { e: 2 }, c: "y" }), { a: "x", b: "5ms", c: "y", d: { e: 2 } });
});

void test("a default that nobody could write is left out", () => {
  assertEquals(fill(z.strictObject({ a: duration().default(0) }), {}), {});
});

void test("lists, records and unions are filled where they are", () => {
  const inner = z.strictObject({ a: z.number(), b: z.number().default(2) });
  const schema = z.strictObject({
    list: z.array(inner),
    map: z.record(z.string(), inner),
    either: z.union([z.string(), inner]),
    made: inner.transform(({ a }) => a),
  });
  const given = { a: 1 };
  const whole = { a: 1, b: 2 };
  assertEquals(fill(schema, { list: [given], map: { x: given }, either: given, made: given }), {
    list: [whole],
    map: { x: whole },
    either: whole,
    made: whole,
  });
});
