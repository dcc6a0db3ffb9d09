import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import * as integers from "../../modules/core/integers.ts";

const u16 = fc.nat(0xffff);
const u32 = fc.oneof(fc.nat(0xffff_ffff), fc.constant(0xffff_ffff), fc.constant(0x8000_0000));

test("numbers are where and as a DataView has them", () =>
  fc.assert(
    fc.property(u16, u32, fc.nat(5), (short, long, at) => {
      for (const little of [false, true]) {
        const expected = new DataView(new ArrayBuffer(12));
        expected.setUint16(at, short, little);
        expected.setUint32(at + 2, long, little);
        const bytes = new Uint8Array(12);
        (little ? integers.writeU16le : integers.writeU16be)(bytes, at, short);
        (little ? integers.writeU32le : integers.writeU32be)(bytes, at + 2, long);
        assertEquals(bytes, new Uint8Array(expected.buffer));
        assertEquals((little ? integers.readU16le : integers.readU16be)(bytes, at), short);
        assertEquals((little ? integers.readU32le : integers.readU32be)(bytes, at + 2), long);
      }
    }),
  ));

test("a number too large for its field leaves the bytes beside it alone", () => {
  const bytes = new Uint8Array(6);
  integers.writeU16be(bytes, 2, 0x12345);
  assertEquals([...bytes], [0, 0, 0x23, 0x45, 0, 0]);
  integers.writeU32le(bytes, 1, 2 ** 32 + 1);
  assertEquals([...bytes], [0, 1, 0, 0, 0, 0]);
});
