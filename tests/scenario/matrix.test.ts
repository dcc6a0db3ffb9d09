import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { loadScenario } from "../../modules/scenario/load.ts";
import { expandMatrix, MATRIX_MAX } from "../../modules/scenario/matrix.ts";

const HEAD = "feedlab: 1\nname: m\nlines: { A: { group: 239.192.1.1:6000 } }\n";

test("every combination, the last name changing fastest, seeds apart", () => {
  assertEquals(expandMatrix({ loss: ["1%", "5%"], seed: ["1", "2"] }), [
    { variables: { loss: "1%" }, seed: "1" },
    { variables: { loss: "1%" }, seed: "2" },
    { variables: { loss: "5%" }, seed: "1" },
    { variables: { loss: "5%" }, seed: "2" },
  ]);
  assertEquals(expandMatrix({}), [{ variables: {}, seed: undefined }]);
});

test("what is fixed from outside takes the place of the matrix's values", () => {
  assertEquals(expandMatrix({ loss: ["1%", "5%"], seed: ["1", "2"] }, { loss: "3%" }, "9"), [
    { variables: { loss: "3%" }, seed: "9" },
  ]);
});

test("a variable stands in for a value, the file's own, the matrix's first, or one from outside", () => {
  const text = `${HEAD}vars: { n: 10 }\nmatrix: { rate: [100/s, 1k/s] }
feed: { messages: "\${n}", rate: "\${rate}" }\n`;
  const read = (variables: Record<string, string>): unknown[] => {
    const { scenario } = loadScenario(text, "m.yaml", variables);
    return [scenario?.feeds[0].feed.messages, scenario?.feeds[0].feed.perSecond];
  };
  assertEquals(read({}), [10, 100]);
  assertEquals(read({ n: "2k", rate: "1k/s" }), [2000, 1000]);
});

const mistakes: Record<string, [keys: string, messages: string[]]> = {
  "a variable that there is not": [
    'vars: { burst: 6 }\nfeed: { messages: "${brst}" }',
    ['no variable "brst": did you mean "burst"?'],
  ],
  "no variables at all": ['feed: { messages: "${n}" }', ['no variable "n": add vars: { n: ... }']],
  "a range backwards": [
    "matrix: { seed: 5..1 }\nfeed: { messages: 1 }",
    [`"5..1" makes -3 runs: make it 1 to ${MATRIX_MAX}`],
  ],
  "too many runs": [
    "matrix: { a: 1..100, b: 1..100 }\nfeed: { messages: 1 }",
    [`the matrix makes 10000 runs: make it ${MATRIX_MAX} at most`],
  ],
  "neither a list nor a range": [
    "matrix: { a: x }\nfeed: { messages: 1 }",
    ['"x" is neither a list nor a range: write [1, 2] or 1..20'],
  ],
};

for (const [name, [keys, messages]] of Object.entries(mistakes)) {
  test(`${name} is one mistake`, () => {
    const { problems } = loadScenario(`${HEAD}${keys}\n`, "m.yaml");
    assertEquals(
      problems.map(({ message }) => message),
      messages,
    );
  });
}

test("a variable from outside must be one of the file", () => {
  const { problems } = loadScenario(
    `${HEAD}vars: { loss: 1% }\nfeed: { messages: 1 }\n`,
    "m.yaml",
    { los: "2%" },
  );
  assertEquals(
    problems.map(({ message }) => message),
    ['no variable "los" to be set from outside: did you mean "loss"?'],
  );
});

test("in a file without variables none can be set", () => {
  const { problems } = loadScenario(`${HEAD}feed: { messages: 1 }\n`, "m.yaml", { loss: "2%" });
  assertEquals(
    problems.map(({ message }) => message),
    [
      'no variable "loss" to be set from outside: the file has no vars: ' +
        "add vars: { loss: ... } to the file, or set nothing",
    ],
  );
});
