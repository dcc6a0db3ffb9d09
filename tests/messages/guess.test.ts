import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { cts } from "../../modules/messages/cts.ts";
import { describeMessage } from "../../modules/messages/guess.ts";
import { itch } from "../../modules/messages/itch.ts";
import { text } from "../../modules/messages/text.ts";
import { tradeBytes } from "../support/messages.ts";
import { fromHex } from "../support/hex.ts";

const formats = [cts, itch, text].map((definition) => definition.create({}));

test("the first format that understands a message says what it is", () => {
  const bytes = tradeBytes(cts);
  const shown = describeMessage(formats, bytes, 0, bytes.length);
  assertEquals(shown, "T/R KSS 91 @ 13.3 participant K");
  // D and 18 letters: an order delete of ITCH, and a text.
  const both = fromHex("44".repeat(19));
  assertEquals(describeMessage(formats, both, 0, 19), "D 17476 ref 4919131752989213764 deleted");
  assertEquals(describeMessage(formats.toReversed(), both, 0, 19), "D".repeat(19));
  assertEquals(describeMessage(formats, both, 0, 18), "D".repeat(18));
});

test("what nobody understands is shown in hexadecimal, as far as it fits a line", () => {
  const bytes = fromHex("ff 00 0a a0 ".repeat(5));
  assertEquals(describeMessage(formats, bytes, 0, 3), "ff 00 0a");
  assertEquals(describeMessage([], bytes, 4, 5), "ff");
  assertEquals(
    describeMessage(formats, bytes, 0, 16),
    "ff 00 0a a0 ff 00 0a a0 ff 00 0a a0 ff 00 0a a0",
  );
  assertEquals(
    describeMessage(formats, bytes, 3, 20),
    "a0 ff 00 0a a0 ff 00 0a a0 ff 00 0a a0 ff 00 0a ... of 17 bytes",
  );
  assertEquals(describeMessage(formats, bytes, 3, 3), "no bytes");
});
