import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Blocks, type Estimate } from "../../support/blocks.ts";
import { eachFate, labelOf, MILLION, mistakesIn } from "../../support/rules.ts";

/** The share of a million that is lost. The chain forgets within some ten packets. */
function losses(yaml: string): Estimate {
  const blocks = new Blocks();
  eachFate(yaml, MILLION, (isLost) => blocks.add(Number(isLost)));
  return blocks.estimate;
}

test("the loss of the chain's long run", () => {
  const [p13, p31, p32, p23, p14] = [0.01, 0.2, 0.1, 0.3, 0.005];
  const { mean: share, bound } = losses(
    "drop: { markov4: { p13: 1%, p31: 20%, p32: 10%, p23: 30%, p14: 0.5% } }",
  );
  // What flows out of a state flows in: with 1 for the gap, 3 is p13 / p31, for 2 only trades with
  // it; 2 is that times p32 / p23; 4 is p14.
  const states = [1, (p13 / p31) * (p32 / p23), p13 / p31, p14];
  const wanted = (states[2]! + states[3]!) / states.reduce((sum, x) => sum + x);
  assert(Math.abs(share - wanted) < bound, `lost ${share}, not ${wanted} within ${bound}`);
  assert(bound < 0.05 * wanted, "the bound says something");
});

test("with p13 alone, as netem completes it, there is no memory", () => {
  const { mean: share, bound } = losses("drop: { markov4: { p13: 5% } }");
  assert(Math.abs(share - 0.05) < bound, `${share}`);
});

test("p14 alone makes losses that no other follows", () => {
  let last = false;
  let lost = 0;
  eachFate("drop: { markov4: { p13: 0%, p14: 30% } }", 100_000, (isLost) => {
    assert(!(isLost && last));
    if (isLost) lost++;
    last = isLost;
  });
  // From the gap by 30%, and back at once: 0.3 of 1.3 packets.
  const share = 0.3 / 1.3;
  assert(Math.abs(lost / 100_000 - share) < 3 * Math.sqrt((share * (1 - share)) / 100_000));
});

test("labels and mistakes", () => {
  assertEquals(labelOf("drop: { markov4: { p13: 1% } }"), "drop markov4 1% 99% 0% 100% 0%");
  assertEquals(mistakesIn("drop: { markov4: { p13: 1%, p32: 20% } }"), [
    "drop.markov4: p31 and p32 leave the same state by 99% + 20%, more than always: " +
      "write 100% or less in all",
  ]);
  assertEquals(mistakesIn("drop: { markov4: { p13: 60%, p14: 50% } }"), [
    "drop.markov4: p13 and p14 leave the same state by 60% + 50%, more than always: " +
      "write 100% or less in all",
  ]);
});
