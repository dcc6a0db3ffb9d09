import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Recovered } from "../../modules/nodes/recovered.ts";

test("all that was kept is handed over once, in order, as it came, whatever became of its bytes", () => {
  const recovered = new Recovered();
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 40 }), (messages) => {
      assert(recovered.empty);
      messages.forEach((message, i) => {
        const lent = Uint8Array.of(1, ...message, 2);
        recovered.add(10 + i, lent, 1, lent.length - 1);
        lent.fill(0xdd);
      });
      assertEquals(recovered.empty, messages.length === 0);
      const taken: unknown[] = [];
      recovered.take((seq, bytes, start, end) => taken.push([seq, bytes.slice(start, end)]));
      assertEquals(
        taken,
        messages.map((message, i) => [10 + i, message]),
      );
      recovered.take(() => assert(false, "twice"));
    }),
  );
});
