import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { exponential } from "../../modules/core/exponential.ts";
import { createRng, type Rng } from "../../modules/core/rng.ts";

/** An rng that always says `share`. */
function always(share: number): Rng {
  return { ...createRng(""), float: () => share };
}

test("it is the logarithm, but for the last bits", () => {
  const rng = createRng("7");
  const shares = Array.from({ length: 100_000 }, () => rng.float());
  for (const share of [...shares, 0, 2 ** -32, 0.5, 1 - Math.SQRT1_2, 1 - 2 ** -32]) {
    const want = -Math.log(1 - share);
    const got = exponential(always(share));
    assert(Math.abs(got - want) <= 1e-15 * want, `${share}: ${got}, not ${want}`);
  }
  assertEquals(exponential(always(0)), 0);
});

test("the numbers are a promise", () => {
  const rng = createRng("7");
  assertEquals(
    Array.from({ length: 4 }, () => exponential(rng)),
    [0.2016499834253426, 1.1067595591736976, 0.7037108433444778, 0.5893342261748831],
  );
});
