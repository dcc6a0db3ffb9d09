import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { SECOND } from "../../modules/core/time.ts";
import { checkRules, type FeedSpan } from "../../modules/scenario/checks.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { nameRules } from "../../modules/scenario/rules.ts";
import { readRule } from "../support/rules.ts";

/** 200 messages from number 1 on, one each 10 ms. */
const FEED: FeedSpan = {
  first: 1,
  messages: 200,
  untilNs: 2 * SECOND,
  batch: 1,
  heartbeats: false,
};

/** What is wrong with one rule. */
function check(yaml: string, feed: Partial<FeedSpan> = {}): string[] {
  const context = {
    lines: ["A", "B"],
    phases: new Map([["open", { from: SECOND, until: 2 * SECOND }]]),
    feed: { ...FEED, ...feed },
  };
  return checkRules(nameRules([readRule(yaml)]), context).map(({ message }) => message);
}

const never = (name: string, why: string): string[] => [`rule "${name}" never fires: ${why}`];

test("numbers that the feed does not have", () => {
  assertEquals(check("drop: { seq: 900 }"), never("drop seq 900", "the feed ends at 200"));
  assertEquals(
    check("drop: { seq: 201.. }"),
    never("drop seq 201..9007199254740991", "the feed ends at 200"),
  );
  assertEquals(check("drop: { seq: 200.. }"), []);
  assertEquals(check("drop: { seq: [5, 900] }"), []);
  assertEquals(
    check("drop: { seq: 5 }", { first: 10 }),
    never("drop seq 5", "the feed begins at 10"),
  );
  assertEquals(check("drop: { msg: 201 }"), never("drop msg 201", "the feed ends at message 200"));
  assertEquals(check("drop: { msg: 0 }"), never("drop msg 0", "the feed begins at message 1"));
  assertEquals(
    check("{ drop: { every: 5 }, seq: 300 }"),
    never("drop every 5", "the feed ends at 200"),
  );
  assertEquals(
    check("{ delay: { by: 1ms }, msg: 300 }"),
    never("delay 1ms", "the feed ends at message 200"),
  );
  assertEquals(check("drop: { seq: 900 }", { messages: Infinity, untilNs: Infinity }), []);
});

test("more packets than there are", () => {
  assertEquals(check("drop: { every: 200 }"), []);
  assertEquals(
    check("drop: { every: 201 }"),
    never("drop every 201", "the feed ends at message 200"),
  );
  assertEquals(
    check("drop: { every: { n: 5, from: 197 } }"),
    never("drop every 5 from 197", "the feed ends at message 200"),
  );
  assertEquals(check("drop: { every: { n: 5, from: 196 } }"), []);
  assertEquals(
    check("duplicate: { every: 300 }"),
    never("duplicate every 300", "the feed ends at message 200"),
  );
});

test("times after the last message", () => {
  const late = (name: string) => never(name, "the feed ends at 2s");
  assertEquals(check("{ drop: { every: 5 }, time: 2s.. }"), late("drop every 5"));
  assertEquals(check("{ drop: { every: 5 }, time: 1999ms.. }"), []);
  assertEquals(check("blackout: { time: 2s..3s }"), late("blackout 2s..3s"));
  assertEquals(check("hold: { time: 2s..3s }"), late("hold 2s..3s"));
  assertEquals(check("{ drop: { every: 5 }, phase: open }"), []);
  assertEquals(
    check("{ drop: { every: 5 }, phase: open }", { untilNs: SECOND }),
    never("drop every 5", "the feed ends at 1s"),
  );
});

test("a heartbeat may come after the last message", () => {
  assertEquals(check("blackout: { time: 2s..3s }", { heartbeats: true }), []);
  assertEquals(
    check("{ blackout: { time: 2s..3s }, type: data }", { heartbeats: true }),
    never("blackout 2s..3s", "the feed ends at 2s"),
  );
});

test("packets that there are none of, or that have no numbers", () => {
  const rule = "{ drop: { every: 5 }, type: heartbeat }";
  assertEquals(check(rule), never("drop every 5", "the feed sends nothing but data"));
  assertEquals(check("{ drop: { chance: 5% }, type: heartbeat }", { heartbeats: true }), []);
  assertEquals(
    check("{ drop: { seq: 5 }, type: [heartbeat, end] }", { heartbeats: true }),
    never("drop seq 5", "only data has numbers"),
  );
});

test("names that are not there", () => {
  assertEquals(check("{ drop: { every: 5 }, line: [A, C] }"), ['no line "C": have A, B']);
  assertEquals(check("{ drop: { every: 5 }, phase: opne }"), [
    'no phase "opne": did you mean "open"?',
  ]);
});

test("single messages of a packet with several", () => {
  assertEquals(check("{ drop: { seq: 5 }, unit: message }"), []);
  assertEquals(check("{ drop: { seq: 5 }, unit: message }", { batch: 8 }), []);
});

test("in a file each problem stands where its rule does", () => {
  const text = `feedlab: 1
name: rules
feed: { messages: 200, rate: 100/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - drop: { seq: 900 }
  - { drop: { every: 5 }, line: [A, b] }
  - { drop: { every: 7 }, phase: open }
  - name: late
    blackout: { time: 2s..3s }
`;
  const { problems, scenario } = loadScenario(text, "rules.yaml");
  assertEquals(scenario, undefined);
  assertEquals(
    formatProblems(problems),
    `rules.yaml:6:5    warn   rule "drop seq 900" never fires: the feed ends at 200
rules.yaml:7:37   error  impair[1].line: no line "b": have A
  7 |   - { drop: { every: 5 }, line: [A, b] }
    |                                     ^
rules.yaml:8:34   error  impair[2].phase: no phase "open": the feed has no phases
  8 |   - { drop: { every: 7 }, phase: open }
    |                                  ^^^^
rules.yaml:9:5    warn   rule "late" never fires: the feed ends at 2s`,
  );
});
