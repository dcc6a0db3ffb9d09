/** What this machine has, as it is. */
import process from "node:process";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { unmetRequirement } from "../../modules/worlds/requirements.ts";

const watchdog = { timeout: 4500 };
const LINES = [{ interface: "lo" }, { interface: "127.0.0.1" }];

void test("multicast comes back on loopback", watchdog, async () => {
  assertEquals(await unmetRequirement([], LINES), undefined);
  assertEquals(await unmetRequirement(["multicast"], LINES), undefined);
});

void test(
  "an interface that is not there has no multicast, and that is said",
  watchdog,
  async () => {
    const why = await unmetRequirement(["multicast"], [{ interface: "eth77" }]);
    assertStringIncludes(why ?? "", "requires multicast: Cannot join group");
    assertStringIncludes(why ?? "", 'no interface "eth77"');
  },
);

void test("a test runs on one runtime and on one system", watchdog, async () => {
  const isBun = process.versions["bun"] !== undefined;
  assertEquals(await unmetRequirement([isBun ? "bun" : "deno"], LINES), undefined);
  assertEquals(
    await unmetRequirement([isBun ? "deno" : "bun"], LINES),
    isBun ? "requires deno: this is not deno" : "requires bun: this is not bun",
  );
  const linux = await unmetRequirement(["linux"], LINES);
  const expected =
    process.platform === "linux" ? undefined : `requires linux: this is ${process.platform}`;
  assertEquals(linux, expected);
});
