import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Blocks } from "../../support/blocks.ts";
import { eachFate, labelOf, lostOf, MILLION, mistakesIn } from "../../support/rules.ts";

/** Losses, and how often one followed another. */
function count(yaml: string): { lost: number; pairs: number } {
  let lost = 0;
  let pairs = 0;
  let last = false;
  eachFate(yaml, MILLION, (isLost) => {
    if (isLost) lost++;
    if (isLost && last) pairs++;
    last = isLost;
  });
  return { lost, pairs };
}

for (const [text, p] of [
  ["0.1%", 0.001],
  ["1%", 0.01],
  ["30%", 0.3],
] as const) {
  test(`${text} of a million, each for itself`, () => {
    const { lost, pairs } = count(`drop: { chance: ${text} }`);
    assert(Math.abs(lost - p * MILLION) < 3 * Math.sqrt(p * (1 - p) * MILLION), `${lost}`);
    // Two in a row are as likely as two of them anywhere; neighbouring pairs share a packet.
    const q = p * p;
    const deviation = Math.sqrt(MILLION * (q - q * q + 2 * (p * q - q * q)));
    assert(Math.abs(pairs - q * MILLION) < 3 * deviation, `${pairs} pairs`);
  });

  for (const rho of [0.25, 0.75]) {
    test(`${text} with a correlation of ${rho} is still ${text}, but in runs`, () => {
      const blocks = new Blocks();
      let last = false;
      let pairs = 0;
      eachFate(`drop: { chance: ${text}, correlation: ${rho * 100}% }`, MILLION, (isLost) => {
        blocks.add(Number(isLost));
        if (isLost && last) pairs++;
        last = isLost;
      });
      const { mean, bound } = blocks.estimate;
      assert(Math.abs(mean - p) < bound, `${mean} within ${bound}`);
      assert(bound < 0.25 * p, "the bound says something");
      assert(pairs > 1.2 * p * p * MILLION, `${pairs} pairs`);
    });
  }
}

test("never and always", () => {
  assertEquals(lostOf("drop: { chance: 0% }", 1000), []);
  assertEquals(lostOf("drop: { chance: 100% }", 1000).length, 1000);
  assertEquals(lostOf("drop: { chance: 100%, correlation: 50% }", 1000).length, 1000);
});

test("the correlation is part of the name, and goes with nothing else", () => {
  assertEquals(labelOf("drop: { chance: 1%, correlation: 25% }"), "drop chance 1% correlation 25%");
  assertEquals(mistakesIn("drop: { every: 5, correlation: 25% }"), [
    "drop.correlation: goes with chance and not with every: remove it",
  ]);
  assertEquals(mistakesIn("drop: { chance: 1%, correlation: 100% }"), [
    'drop.correlation: "100%" hardly ever draws anew: write 99% or less',
  ]);
});
