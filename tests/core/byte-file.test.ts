import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { FileWindow } from "../../modules/core/byte-file.ts";
import { memoryFile } from "../support/capture.ts";

const WHOLE = Uint8Array.from({ length: 500 }, (_, i) => (i * 37) & 0xff);

test("what is shown is what the file has there, in any order and of any length", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(520), fc.nat(120)), { maxLength: 50 }),
      fc.integer({ min: 1, max: 100 }),
      (places, windowBytes) => {
        const window = new FileWindow(memoryFile("x", WHOLE), windowBytes);
        for (const [at, length] of places) {
          const start = window.show(at, length);
          assertEquals(start < 0, at + length > WHOLE.length);
          if (start < 0) continue;
          const shown = window.bytes.subarray(start, start + length);
          assertEquals(shown, WHOLE.subarray(at, at + length));
          if (length > 0) assertEquals(window.view.getUint8(start), WHOLE[at]);
        }
      },
    ),
  ));

test("what lies in the window is not read again", () => {
  let reads = 0;
  const file = memoryFile("x", WHOLE);
  const counted = {
    ...file,
    read: (at: number, into: Uint8Array) => (reads++, file.read(at, into)),
  };
  const window = new FileWindow(counted, 100);
  for (let at = 0; at < 500; at += 10) assert(window.show(at, 10) >= 0);
  assertEquals(reads, 5);
});
