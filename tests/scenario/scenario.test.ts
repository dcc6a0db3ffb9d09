import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** A scenario with these keys on its line, and these beside it. */
function text(line: string, more = ""): string {
  return `feedlab: 1
name: keys
feed: { messages: 20, rate: 100/s }
lines: { A: { group: 239.192.1.1:6000${line} } }
${more}`;
}

function messages(source: string): string[] {
  return loadScenario(source, "x.yaml").problems.map(({ message }) => message);
}

function loaded(source: string): Scenario {
  const { scenario, problems } = loadScenario(source, "x.yaml");
  assertEquals(problems, []);
  return scenario!;
}

test("a line asks for a send buffer of a size, and for none unless it is told to", () => {
  assertEquals(loaded(text("")).lines[0]!.sendBuffer, undefined);
  assertEquals(loaded(text(", send_buffer: 4MiB")).lines[0]!.sendBuffer, 4 * 2 ** 20);
  assertEquals(messages(text(", send_buffer: 4")), ['"4" has no unit: write 4 bytes']);
  assertEquals(messages(text(", send_buffer: 1 byte")), [
    '"1 byte" is too small: write 4096 or more',
  ]);
});

test("in virtual time a send buffer changes nothing", async () => {
  const [without, withOne] = await Promise.all(
    ["", ", send_buffer: 64KiB"].map((line) =>
      runScenario(loaded(text(line)), new SimWorld(), { seed: "7" }),
    ),
  );
  assertEquals(withOne, without);
});
