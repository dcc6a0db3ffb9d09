import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { RangeSet } from "../../../modules/core/ranges.ts";
import { createRng } from "../../../modules/core/rng.ts";
import {
  Faults,
  type FaultRule,
  type FaultSelectors,
} from "../../../modules/protocol/recovery-server/faults.ts";

const PEER = "10.0.0.1:5000";

function rule(
  name: string,
  selectors: FaultSelectors,
  stage: FaultRule["stage"] = "request",
): FaultRule {
  return { name, stage, selectors, spoiling: {}, rng: createRng("seed").fork(name) };
}

function setOf(from: number, until = from + 1): RangeSet {
  return RangeSet.of([{ from, until }]);
}

/** What meets each of these requests, as `[from, until]`; connections and requests count along. */
function meets(
  rules: readonly FaultRule[],
  asked: readonly (readonly [from: number, until: number])[],
  { peers = [PEER], everyNs = 0 }: { peers?: readonly string[]; everyNs?: number } = {},
): string[] {
  const faults = new Faults(rules);
  faults.begin(100);
  return asked.map(([from, until], i) => {
    const arrival = { connection: i + 1, peer: peers[i % peers.length]! };
    const now = 100 + i * everyNs;
    const early = faults.onAccept(arrival, now)?.name;
    if (early !== undefined) return early;
    const inquiry = { ...arrival, request: i + 1, asked: { from, until } };
    return faults.onRequest(inquiry, now)?.name ?? "-";
  });
}

test("the first that matches, from top to bottom", () => {
  const rules = [rule("second", { request: setOf(2) }), rule("any", {}), rule("never", {})];
  assertEquals(
    meets(rules, [
      [1, 2],
      [1, 2],
      [1, 2],
    ]),
    ["any", "second", "any"],
  );
});

test("all selectors must match", () => {
  const rules = [rule("both", { request: setOf(2, 4), seq: setOf(7) })];
  assertEquals(
    meets(rules, [
      [7, 8],
      [6, 7],
      [5, 9],
    ]),
    ["-", "-", "both"],
  );
});

test("a connection is told from the others as soon as it is made, a request when it is read", () => {
  const rules = [
    rule("at once", { connection: setOf(2) }, "accept"),
    rule("later", { connection: setOf(1, 3) }),
  ];
  assertEquals(
    meets(rules, [
      [1, 2],
      [1, 2],
      [1, 2],
    ]),
    ["later", "at once", "-"],
  );
});

test("an attempt is counted for each number, not for each request", () => {
  const rules = [rule("second", { attempt: setOf(2), seq: setOf(20, 30) })];
  // 21 is asked for again in a larger request, then alone; 22 for the second time with others.
  const asked = [
    [20, 22],
    [21, 23],
    [21, 22],
    [22, 25],
    [40, 50],
  ] as const;
  assertEquals(meets(rules, asked), ["-", "second", "-", "second", "-"]);
});

test("an attempt without numbers is that of any number that is asked for", () => {
  const rules = [rule("third or later", { attempt: setOf(3, Number.MAX_SAFE_INTEGER) })];
  const asked = [
    [1, 2],
    [1, 3],
    [1, 2],
    [2, 3],
    [2, 3],
    [1, 2],
  ] as const;
  assertEquals(meets(rules, asked), [
    "-",
    "-",
    "third or later",
    "-",
    "third or later",
    "third or later",
  ]);
});

test("attempts are those of a plain count of each number", () => {
  const rng = createRng("attempts");
  const counts = new Map<number, number>();
  const faults = new Faults([rule("third", { attempt: setOf(3) })]);
  for (let request = 1; request <= 500; request++) {
    const from = rng.below(40);
    const until = from + 1 + rng.below(5);
    const numbers = Array.from({ length: until - from }, (_, i) => from + i);
    for (const seq of numbers) counts.set(seq, (counts.get(seq) ?? 0) + 1);
    const expected = numbers.some((seq) => counts.get(seq) === 3);
    const inquiry = { connection: request, request, peer: PEER, asked: { from, until } };
    assertEquals(faults.onRequest(inquiry, 0) !== undefined, expected, `request ${request}`);
  }
});

test("a client is a host, a host with its port, or which host of all that came", () => {
  const peers = ["10.0.0.1:5000", "10.0.0.2:6000", "10.0.0.1:5001"];
  const asked = [
    [1, 2],
    [1, 2],
    [1, 2],
  ] as const;
  assertEquals(meets([rule("x", { client: "10.0.0.1" })], asked, { peers }), ["x", "-", "x"]);
  assertEquals(meets([rule("x", { client: "10.0.0.1:5001" })], asked, { peers }), ["-", "-", "x"]);
  assertEquals(meets([rule("x", { client: 2 })], asked, { peers }), ["-", "x", "-"]);
});

test("a window is counted from when the faults began, and its end is out", () => {
  const rules = [rule("x", { time: { from: 10, until: 20 } })];
  const asked = [
    [1, 2],
    [1, 2],
    [1, 2],
  ] as const;
  assertEquals(meets(rules, asked, { everyNs: 10 }), ["-", "x", "-"]);
});

test("no more often than max, and then the next one's turn", () => {
  const rules = [rule("twice", { max: 2 }), rule("then", {})];
  assertEquals(
    meets(rules, [
      [1, 2],
      [1, 2],
      [1, 2],
    ]),
    ["twice", "twice", "then"],
  );
});

test("chance is drawn for what matches otherwise, and by no other fault", () => {
  const asked = Array.from({ length: 2000 }, () => [1, 2] as const);
  const half = rule("half", { chance: 0.5 });
  const alone = meets([half], asked);
  const hits = alone.filter((name) => name === "half").length;
  // Four standard deviations of a fair coin.
  assertEquals(Math.abs(hits - 1000) < 4 * Math.sqrt(500), true, String(hits));
  const [again] = [rule("half", { chance: 0.5 })];
  const beside = meets([rule("odd", { seq: setOf(9), chance: 0.5 }), again], asked);
  assertEquals(beside, alone);
});

test("counts how often each was met, an outage when somebody missed the server", () => {
  const faults = new Faults([rule("down", {}, "window"), rule("any", {}), rule("never", {})]);
  faults.onRequest({ connection: 1, request: 1, peer: PEER, asked: { from: 1, until: 2 } }, 0);
  faults.onMissed(0);
  faults.onMissed(0);
  assertEquals(faults.hits, [2, 1, 0]);
});
