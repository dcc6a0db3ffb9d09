import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { drawByPacket } from "../../modules/impairments/draws.ts";
import { createRules } from "../../modules/scenario/rules.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { planScenario } from "../../modules/scenario/plan.ts";
import { packetOf } from "../support/rules.ts";

/** The draws are 1, 2, 3, ...; those of copies -1, -2, ... */
function counting(): (ordinal: number, kind?: "data" | "heartbeat") => number {
  let draws = 0;
  let copies = 0;
  const draw = drawByPacket(
    () => ++draws,
    () => --copies,
  );
  return (ordinal, kind = "data") => draw(packetOf(ordinal, { kind }));
}

test("each packet has the draw of its place, whoever is missing before it", () => {
  const draw = counting();
  assertEquals([draw(1), draw(2), draw(5), draw(6), draw(9)], [1, 2, 5, 6, 9]);
});

test("packets that come late have the draw that was theirs", () => {
  const draw = counting();
  assertEquals([draw(4), draw(2), draw(5), draw(1), draw(3)], [4, 2, 5, 1, 3]);
});

test("copies and packets without data move nothing", () => {
  const draw = counting();
  assertEquals(
    [draw(1), draw(1), draw(2, "heartbeat"), draw(2), draw(1), draw(3)],
    [1, -1, -2, 2, -3, 3],
  );
});

/** What the rule called `x` drops of 400 packets, below other rules. */
function hitsBelow(above: string, rule: string): number[] {
  const text = `feedlab: 1
name: hits
feed: { messages: 400, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
${above}  - { name: x, ${rule} }
`;
  const { scenario } = loadScenario(text, "hits.yaml");
  const { rules } = planScenario(scenario!, "7")[0];
  return rules
    .filter((planned) => planned.rule === "x")
    .flatMap(({ touched }) =>
      touched.flatMap(({ from, until }) =>
        Array.from({ length: until - from }, (_, i) => from + i),
      ),
    );
}

const above: Record<string, [yaml: string, gone: (seq: number) => boolean]> = {
  "one that drops some": ["  - drop: { seq: 10..19 }\n", (seq) => seq >= 10 && seq < 20],
  "one that drops by chance": ["  - { name: y, drop: { chance: 20% } }\n", () => false],
  "one that doubles all": ["  - duplicate: { every: 1 }\n", () => false],
  "one that moves some back": ["  - reorder: { every: 7, by: 3 packets }\n", () => false],
  "one that delays all": ["  - delay: { by: 5ms, jitter: 3ms }\n", () => false],
};

const rules: Record<string, string> = {
  chance: "drop: { chance: 10% }",
  "chance with correlation": "drop: { chance: 10%, correlation: 50% }",
  "Gilbert-Elliott": "drop: { gilbert_elliott: { loss: 10%, burst: 4 } }",
  markov4: "drop: { markov4: { p13: 5%, p31: 30%, p32: 10%, p23: 30%, p14: 1% } }",
  corrupt: "corrupt: { chance: 10% }",
};

for (const [name, rule] of Object.entries(rules)) {
  for (const [what, [yaml, gone]] of Object.entries(above)) {
    test(`${name}: ${what} above it moves none of its hits`, () => {
      const alone = hitsBelow("", rule);
      const below = new Set(hitsBelow(yaml, rule));
      assertEquals(alone.length > 10, true);
      // What the rule above took away cannot be hit again; a copy may be hit where the original was not.
      const reached = what.includes("by chance")
        ? alone.filter((seq) => below.has(seq))
        : alone.filter((seq) => !gone(seq));
      for (const seq of reached) assertEquals([seq, below.has(seq)], [seq, true]);
      if (!what.includes("doubles")) {
        const more = [...below].filter((seq) => !alone.includes(seq));
        assertEquals(more, []);
      }
    });
  }
}

test("every rule has a stream of its own", () => {
  const [a, b] = createRules(
    loadScenario(
      "feedlab: 1\nname: x\nfeed: { messages: 1 }\nlines: { A: { group: 239.192.1.1:6000 } }\n" +
        "impair:\n  - { name: a, drop: { chance: 50% } }\n  - { name: b, drop: { chance: 50% } }\n",
      "x.yaml",
    ).scenario!.feeds[0].rules,
    "7",
    "A",
    new Map(),
  ).map(({ impairment }) =>
    Array.from({ length: 64 }, (_, i) => {
      let left = false;
      impairment.apply(packetOf(i + 1), 0, () => (left = true));
      return left;
    }).join(),
  );
  assertEquals(a === b, false);
});
