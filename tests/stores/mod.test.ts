import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { conforms, everyStore, lasts, lastingStores } from "../support/store-conformance.ts";

for (const store of everyStore) conforms(store);
for (const store of lastingStores) lasts(store);

test("the first store is the one that needs no set-up", () => {
  assertEquals(everyStore[0]!.name, "memory");
  assertEquals(everyStore[0]!.options.safeParse({}).success, true);
});
