import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MICROSECOND, MILLISECOND } from "../../modules/core/time.ts";
import { Blocks } from "../support/blocks.ts";
import {
  createImpairment,
  labelOf,
  MILLION,
  mistakesIn,
  packetOf,
  passThrough,
} from "../support/rules.ts";

/** How long each of so many packets takes. */
function delaysOf(yaml: string, count: number): Float64Array {
  const impairment = createImpairment(yaml);
  const packet = packetOf(1);
  let left = 0;
  const emit = (_: unknown, at: number): void => void (left = at);
  return Float64Array.from({ length: count }, (_, i) => {
    const at = i * MILLISECOND;
    impairment.apply(packet, at, emit);
    return left - at;
  });
}

/** One packet a millisecond. */
const steady = (count: number) =>
  Array.from({ length: count }, (_, i) => packetOf(i + 1, { dueNs: i * MILLISECOND }));

test("a fixed time", () => {
  assertEquals(passThrough(["delay: { by: 5ms }"], steady(3)).left, [
    [1, 5 * MILLISECOND],
    [2, 6 * MILLISECOND],
    [3, 7 * MILLISECOND],
  ]);
});

for (const [distribution, wanted] of [
  // The jitter of a uniform delay is how far it reaches, as in netem.
  ["uniform", 100 / Math.sqrt(3)],
  ["normal", 100],
  ["pareto", 100],
  ["paretonormal", 100],
] as const) {
  for (const correlation of ["", ", correlation: 25%"]) {
    const yaml = `delay: { by: 1ms, jitter: 100us, distribution: ${distribution}${correlation} }`;
    test(`${yaml}: mean and deviation as asked`, () => {
      const mean = new Blocks();
      const square = new Blocks();
      for (const delay of delaysOf(yaml, MILLION)) {
        mean.add(delay / MICROSECOND);
        square.add((delay / MICROSECOND - 1000) ** 2);
      }
      const { mean: found, bound } = mean.estimate;
      assert(Math.abs(found - 1000) < bound, `mean ${found} within ${bound}`);
      assert(bound < 1, "the bound says something");
      const { mean: variance, bound: varianceBound } = square.estimate;
      assert(
        Math.abs(variance - wanted ** 2) < varianceBound,
        `deviation ${Math.sqrt(variance)}, not ${wanted}`,
      );
      assert(varianceBound < 0.02 * wanted ** 2, "the bound says something");
    });
  }
}

test("delays resemble the one before as they are told to", () => {
  // Of uniform draws as of their ranks; the correlation of ranks is near to that of the values.
  for (const rho of [0.25, 0.5, 0.9]) {
    const yaml = `delay: { by: 1ms, jitter: 100us, correlation: ${rho * 100}% }`;
    const delays = delaysOf(yaml, MILLION).map((delay) => delay / MICROSECOND - 1000);
    const product = new Blocks();
    for (let i = 1; i < MILLION; i++) product.add(delays[i]! * delays[i - 1]!);
    const lag1 = product.estimate.mean / (100 ** 2 / 3);
    assert(Math.abs(lag1 - rho) < 0.03, `${lag1} for ${rho}`);
  }
});

test("what would leave before it came leaves at once", () => {
  const delays = delaysOf("delay: { by: 100us, jitter: 1ms, distribution: normal }", 10_000);
  assert(delays.every((delay) => delay >= 0));
  // 46% of a bell curve lie more than a tenth of its deviation below its mean.
  const none = delays.filter((delay) => delay === 0).length;
  assert(Math.abs(none - 4602) < 150, `${none}`);
});

test("with more jitter than time between packets they overtake, unless order is kept", () => {
  const order = (yaml: string): number[] =>
    passThrough([yaml], steady(200)).left.map(([msg]) => msg);
  const sorted = steady(200).map(({ msg }) => msg);
  assert(String(order("delay: { by: 5ms, jitter: 5ms }")) !== String(sorted));
  const kept = "delay: { by: 5ms, jitter: 5ms, keep_order: true }";
  assertEquals(order(kept), sorted);
  // It waits for those before it, and no longer.
  const free = delaysOf("delay: { by: 5ms, jitter: 5ms }", 200);
  let last = 0;
  delaysOf(kept, 200).forEach((delay, i) => {
    last = Math.max(last, i * MILLISECOND + free[i]!);
    assertEquals(i * MILLISECOND + delay, last);
  });
});

test("labels and mistakes", () => {
  assertEquals(labelOf("delay: { by: 1ms }"), "delay 1ms");
  assertEquals(labelOf("delay: { by: 1ms, jitter: 500us }"), "delay 1ms jitter 500us");
  assertEquals(mistakesIn("delay: { by: 0ms }"), ["delay: delays nothing: write by: 1ms or more"]);
  assertEquals(mistakesIn("delay: { by: 1ms, distribution: pareto }"), [
    "delay.distribution: says nothing without a jitter: add jitter: 1ms, or remove it",
  ]);
  assertEquals(mistakesIn("delay: { by: 1ms, correlation: 25% }"), [
    "delay.correlation: says nothing without a jitter: add jitter: 1ms, or remove it",
  ]);
  assertEquals(mistakesIn("delay: { by: 1ms, jitter: 1ms, distribution: pareot }"), [
    'delay.distribution: unknown value "pareot"; ' +
      'did you mean "pareto"?  (uniform, normal, pareto, paretonormal)',
  ]);
});
