import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { messageFormats } from "../../modules/messages/mod.ts";
import { QUOTE, TRADE } from "../support/messages.ts";

test("each format has a name of its own, and its example says it", () => {
  const names = messageFormats.map(({ name }) => name);
  assertEquals(names, ["text", "itch", "utp", "cts", "cqs", "xdp"]);
  for (const { name, example } of messageFormats) assertEquals(example, `--decode ${name}`);
});

for (const definition of messageFormats) {
  test(`${definition.name}: what it writes it understands, wherever it lies`, () => {
    const format = definition.create({});
    const into = new Uint8Array(256);
    for (const write of [() => format.trade?.(into, TRADE), () => format.quote?.(into, QUOTE)]) {
      const length = write();
      if (length === undefined) continue;
      assert(length > 0);
      const within = new Uint8Array(300).fill(0xff);
      within.set(into.subarray(0, length), 17);
      const shown = format.describe(within.subarray(10), 7, 7 + length);
      assertEquals(shown, format.describe(into, 0, length));
      assert(shown !== undefined);
    }
  });
}
