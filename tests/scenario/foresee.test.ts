import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { loadScenario } from "../../modules/scenario/load.ts";

/** The warnings of a scenario, each with what it points at. */
function warnings(keys: string): [marked: string, message: string][] {
  const text = `feedlab: 1\nname: w\nlines: { A: { group: 239.192.1.1:6000 } }\n${keys}`;
  const { problems } = loadScenario(text, "w.yaml");
  assertEquals(
    problems.filter(({ severity }) => severity === "error"),
    [],
  );
  return problems.map(({ source, column, length, message }) => [
    source.slice(column - 1, column - 1 + length),
    message,
  ]);
}

test("everything cannot be delivered when something is dropped for good", () => {
  const keys = "feed: { messages: 22 }\nimpair: [{ drop: { every: 5 } }]\n";
  assertEquals(warnings(`${keys}expect: [delivered == 100%]\n`), [
    [
      "delivered == 100%",
      "delivered == 100% cannot hold: 4 messages (SEQ:5, 10, 15, 20) are dropped on the only line " +
        "and there is no recovery",
    ],
  ]);
  assertEquals(
    warnings(`${keys}recovery: { listen: 127.0.0.1:7000 }\nexpect: [delivered == 100%]\n`),
    [],
  );
  assertEquals(warnings(`${keys}expect: [delivered >= 80%]\n`), []);
});

test("one message on both of two lines is dropped on every line", () => {
  const keys = "feed: { messages: 22 }\nexpect: [delivered >= 100%]\nimpair:\n";
  const both = `${keys}  - drop: { seq: 7 }\n`.replace(
    "feed:",
    "lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000 } }\nfeed:",
  );
  const { problems } = loadScenario(`feedlab: 1\nname: w\n${both}`, "w.yaml");
  assertEquals(
    problems.map(({ message }) => message),
    [
      "delivered >= 100% cannot hold: 1 message (SEQ:7) is dropped on every line " +
        "and there is no recovery",
    ],
  );
});

test("loss of the last packet is foretold", () => {
  assertEquals(
    warnings(
      "feed: { messages: 20 }\nimpair: [{ drop: { seq: 19..20 } }]\n" +
        "recovery: { listen: 127.0.0.1:7000 }\n",
    ),
    [
      [
        "[{ drop: { seq: 19..20 } }]",
        "SEQ:19..20 is dropped at the very end and nothing comes after it: " +
          "without a heartbeat nobody can notice",
      ],
    ],
  );
});

test("a narrow band is foretold only where chance is free to leave it", () => {
  // 1 % of 1000 packets: one standard deviation is about 0.31 %, three to each side are 1.9 %.
  const keys = (band: string, seed = ""): string =>
    `${seed}feed: { messages: 1000, rate: 1k/s }\nimpair: [{ name: loss, drop: { chance: 1% } }]\n` +
    `expect: ["impair.loss.rate in ${band}"]\n`;
  const [warning, ...more] = warnings(keys("0.9%..1.1%"));
  assertEquals(more, []);
  assertEquals(warning?.[0], '"impair.loss.rate in 0.9%..1.1%"');
  assertEquals(warning?.[1].includes("narrower than 3 standard deviations"), true);
  assertEquals(warnings(keys("0%..4%")), []);
  assertEquals(warnings(keys("0.9%..1.1%", "seed: 7\n")), []);
});

test("large scenarios are let be", () => {
  assertEquals(
    warnings(
      "feed: { messages: 1M, rate: 1k/s }\nimpair: [{ drop: { every: 5 } }]\n" +
        "expect: [delivered == 100%]\n",
    ),
    [],
  );
});
