import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { fingerprint } from "../../modules/core/hash.ts";

void test("a fingerprint is the same on every machine", () => {
  assertEquals(fingerprint(""), fingerprint(""));
  assertEquals(fingerprint("A\tdrop every 5\t5, 10"), "e5e2bb3867444dfe");
});

void test("texts that differ little have other fingerprints", () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `drop ${i}`);
  assertEquals(new Set(texts.map(fingerprint)).size, texts.length);
});
