import { assertEquals, assertStrictEquals } from "@std/assert";
import * as fc from "fast-check";
import { test } from "node:test";
import { copyBytes, equalsPart, Scratch, writeDecimal } from "../../modules/core/bytes.ts";

test("a number is written as it is read, to the largest", () => {
  const write = (value: number): string => {
    const into = new Uint8Array(20).fill(0x2e);
    const end = writeDecimal(into, 2, value);
    return new TextDecoder().decode(into.subarray(0, end + 1));
  };
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assertEquals(write(value), `..${value}.`)));
  for (let power = 1; power <= 1e15; power *= 10) {
    for (const value of [power - 1, power, 9 * power + 9])
      assertEquals(write(value), `..${value}.`);
  }
  assertEquals(write(Number.MAX_SAFE_INTEGER), `..${Number.MAX_SAFE_INTEGER}.`);
});

test("a scratch gives the same view for the same length, of the same bytes", () => {
  const scratch = new Scratch(8);
  scratch.bytes.set([1, 2, 3]);
  assertStrictEquals(scratch.start(2), scratch.start(2));
  assertEquals(scratch.start(2), Uint8Array.of(1, 2));
  assertEquals(scratch.start(0).length, 0);
  scratch.bytes[0] = 9;
  assertEquals(scratch.start(3), Uint8Array.of(9, 2, 3));
});

test("a part is equal when every byte and the length are", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  assertEquals(equalsPart(Uint8Array.of(2, 3), bytes, 1, 3), true);
  assertEquals(equalsPart(Uint8Array.of(2, 3), bytes, 1, 4), false);
  assertEquals(equalsPart(Uint8Array.of(2, 4), bytes, 1, 3), false);
  assertEquals(equalsPart(new Uint8Array(), bytes, 4, 4), true);
});

test("bytes are copied as `set` copies them, however many there are", () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), fc.nat(9), (from, cut, at) => {
      const start = Math.min(cut, from.length);
      const [into, wanted] = [new Uint8Array(700).fill(0xdd), new Uint8Array(700).fill(0xdd)];
      copyBytes(from, start, from.length, into, at);
      wanted.set(from.subarray(start), at);
      assertEquals(into, wanted);
    }),
  ));
