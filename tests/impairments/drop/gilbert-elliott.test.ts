import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { eachFate, labelOf, MILLION, mistakesIn } from "../../support/rules.ts";

interface Losses {
  readonly share: number;
  readonly runs: number;
  readonly meanRun: number;
}

function losses(yaml: string): Losses {
  let lost = 0;
  let runs = 0;
  let last = false;
  eachFate(yaml, MILLION, (isLost) => {
    if (isLost) lost++;
    if (isLost && !last) runs++;
    last = isLost;
  });
  return { share: lost / MILLION, runs, meanRun: lost / runs };
}

/** Three deviations of the share of time that a chain of two states is bad, over a million steps. */
function bound(p: number, r: number): number {
  const share = p / (p + r);
  const memory = 1 - p - r;
  // Bernoulli's variance, as often again as the state is remembered.
  return 3 * Math.sqrt((share * (1 - share) * (1 + memory)) / (1 - memory) / MILLION);
}

for (const [loss, burst] of [
  [0.02, 6],
  [0.1, 3],
  [0.3, 1.5],
  [0.05, 1],
] as const) {
  test(`a loss of ${loss} in runs of ${burst} packets`, () => {
    const yaml = `drop: { gilbert_elliott: { loss: ${loss * 100}%, burst: ${burst} } }`;
    const { share, meanRun } = losses(yaml);
    const r = 1 / burst;
    const p = (loss * r) / (1 - loss);
    assert(Math.abs(share - loss) < bound(p, r), `lost ${share}`);
    assert(Math.abs(meanRun / burst - 1) < 0.02, `runs of ${meanRun}`);
  });
}

test("netem's gemodel: p, r, and the loss in each state", () => {
  const [p, r, bad, good] = [0.01, 0.1, 0.7, 0.001];
  const { share } = losses("drop: { gilbert_elliott: { p: 1%, r: 10%, bad: 70%, good: 0.1% } }");
  const isBad = p / (p + r);
  const wanted = isBad * bad + (1 - isBad) * good;
  // What the state brings, and what the draw in it brings on top.
  const draws = (isBad * bad * (1 - bad) + (1 - isBad) * good * (1 - good)) / MILLION;
  const deviation = Math.hypot((bound(p, r) / 3) * (bad - good), Math.sqrt(draws));
  assert(Math.abs(share - wanted) < 3 * deviation, `lost ${share}, not ${wanted}`);
});

test("netem's gemodel with p alone has no memory", () => {
  const { share, meanRun } = losses("drop: { gilbert_elliott: { p: 20% } }");
  assert(Math.abs(share - 0.2) < bound(0.2, 0.8), `lost ${share}`);
  // A run of independent losses goes on by 20%.
  assert(Math.abs(meanRun / 1.25 - 1) < 0.02, `runs of ${meanRun}`);
});

test("labels and mistakes", () => {
  assertEquals(
    labelOf("drop: { gilbert_elliott: { loss: 2%, burst: 6 packets } }"),
    "drop gilbert_elliott 2% by 6",
  );
  assertEquals(
    labelOf("drop: { gilbert_elliott: { p: 1%, r: 10%, bad: 70% } }"),
    "drop gilbert_elliott 1% 10% 70% 0%",
  );
  assertEquals(mistakesIn("drop: { gilbert_elliott: { loss: 90%, burst: 6 } }"), [
    "drop.gilbert_elliott: runs of 6 cannot make a loss of 90%, for a packet gets through " +
      "between two of them: write 85.7% or less, or a longer burst",
  ]);
  assertEquals(mistakesIn("drop: { gilbert_elliott: { p: 1%, burst: 6 } }"), [
    "drop.gilbert_elliott: loss and burst cannot stand beside p, r, bad and good: " +
      "write { loss, burst }, or netem's { p, r, bad, good }",
  ]);
  assertEquals(mistakesIn("drop: { gilbert_elliott: { loss: 1% } }"), [
    "drop.gilbert_elliott: says too little: " +
      "write { loss, burst }, or netem's { p, r, bad, good }, of which only p is needed",
  ]);
  assertEquals(mistakesIn("drop: { gilbert_elliott: { loss: 1%, burst: 0.5 } }"), [
    'drop.gilbert_elliott.burst: "0.5" is not a mean number of packets in a row: ' +
      "write 1 or more, like 6",
  ]);
});
