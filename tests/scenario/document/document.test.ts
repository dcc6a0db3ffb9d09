import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as fc from "fast-check";
import { test } from "node:test";
import * as z from "zod";
import { count, duration } from "../../../modules/core/options.ts";
import { MILLISECOND } from "../../../modules/core/time.ts";
import {
  DOCUMENT_BYTES_MAX,
  PROBLEMS_MAX,
  readDocument,
  tooLarge,
} from "../../../modules/scenario/document/mod.ts";
import { formatProblems, formatSummary } from "../../../modules/scenario/document/problem.ts";
import { hostileDocuments } from "../../support/hostile.ts";
import { schema } from "./schema.ts";

const FEED = "feedlab: 1\nfeed: { messages: 200 }\n";

function told(text: string): string {
  return formatProblems(readDocument(text, "flaky.yaml", schema).problems);
}

/** The mistakes of `lines` below a sound beginning; the first of them is line 3. */
function toldBelow(...lines: string[]): string {
  return told(`${FEED}${lines.join("\n")}\n`);
}

function firstBelow(text: string): string {
  return toldBelow(text).split("\n")[0]!;
}

function golden(...lines: string[]): string {
  return lines.join("\n");
}

const VALID = golden(
  "# the whole small language",
  "feedlab: 1",
  'name: "a name"',
  "seed: 7",
  "feed: { messages: 1_000, interval: 500ms, arrivals: poisson }",
  "lines: { A: &a { group: 239.192.1.1:6000 }, B: *a }",
  "impair:",
  "  - drop: { every: 5 }",
  "  - drop: { gilbert_elliott: { loss: 2%, burst: 6 } }",
  "    line: A",
  "recovery:",
  "  listen: 127.0.0.1:7000",
  "  faults:",
  "    - { seq: [20, 40..44], latency: 1.5s }",
  "timeline:",
  "  - { do: feed.pause, for: 1s }",
  "",
);

test("a sound document is what the schema makes of it", () => {
  const { value, problems } = readDocument(VALID, "ok.yaml", schema);
  assertEquals(problems, []);
  assertEquals(value?.feed, { messages: 1000, interval: 500 * MILLISECOND, arrivals: "poisson" });
  assertEquals(value?.lines?.["B"], { group: { host: "239.192.1.1", port: 6000 } });
  assertEquals(value?.time, "real");
});

test("windows line ends and a byte order mark change nothing", () => {
  const { value, problems } = readDocument(`\ufeff${VALID.replaceAll("\n", "\r\n")}`, "x", schema);
  assertEquals(problems, []);
  assertEquals(value, readDocument(VALID, "x", schema).value);
  const [problem] = readDocument(
    "\ufefffeedlab: 2\r\nfeed: {messages: 1}\r\n",
    "x",
    schema,
  ).problems;
  assertEquals(problem, {
    severity: "error",
    file: "x",
    line: 1,
    column: 10,
    length: 1,
    source: "feedlab: 2",
    path: "feedlab",
    message: "expected 1, got the number 2",
  });
});

test("unknown keys: the nearest one and all there are, as the language page shows it", () => {
  assertEquals(
    told("feedlab: 1\n\n\nfeed: { messages: 200 }\nimpair:\n  - drop: { evry: 5 }\n"),
    golden(
      'flaky.yaml:6:13   error  impair[0].drop: unknown key "evry"',
      "  6 |   - drop: { evry: 5 }",
      '    |             ^^^^  did you mean "every"?  (every, seq, msg, chance, ' +
        "gilbert_elliott, markov4, trace)",
    ),
  );
});

test("all mistakes at once, in the order of their places, with the places aligned", () => {
  assertEquals(
    told(
      golden(
        "feedlab: 1",
        "feed: { messages: 200, rate: 500 }",
        "seed: -1",
        "impair:",
        "  - drop: { nothing: 5 }",
      ),
    ),
    golden(
      'flaky.yaml:2:30   error  feed.rate: "500" has no unit: write 500/s',
      "  2 | feed: { messages: 200, rate: 500 }",
      "    |                              ^^^",
      "flaky.yaml:3:7    error  seed: -1 is too small: write 0 or more",
      "  3 | seed: -1",
      "    |       ^^",
      'flaky.yaml:5:13   error  impair[0].drop: unknown key "nothing"',
      "  5 |   - drop: { nothing: 5 }",
      "    |             ^^^^^^^  have every, seq, msg, chance, gilbert_elliott, markov4, trace",
    ),
  );
});

test("missing keys point at the map that misses them and give an example", () => {
  assertEquals(
    told("feedlab: 1\nfeed:\n  rate: 5/s\n"),
    golden(
      'flaky.yaml:2:1   error  feed: missing key "messages": add for example `messages: 500`',
      "  2 | feed:",
      "    | ^^^^",
    ),
  );
  assertEquals(
    told("# story\nname: x\n"),
    golden(
      'flaky.yaml:2:1   error  missing key "feedlab": add for example `feedlab: 1`',
      "  2 | name: x",
      "    | ^^^^",
      'flaky.yaml:2:1   error  missing key "feed": add `feed`, a map',
      "  2 | name: x",
      "    | ^^^^",
    ),
  );
});

test("a misspelt key that is required is one mistake", () => {
  assertEquals(
    told("feedlab: 1\nfeed: { mesages: 5 }\n"),
    golden(
      'flaky.yaml:2:9   error  feed: unknown key "mesages"',
      "  2 | feed: { mesages: 5 }",
      '    |         ^^^^^^^  did you mean "messages"?  (messages, rate, interval, arrivals)',
    ),
  );
});

test("what a schema says of a map as a whole waits until its keys are known", () => {
  const one = z
    .strictObject({ every: z.int().optional(), seq: z.int().optional() })
    .refine((drop) => Object.keys(drop).length === 1, "a drop takes exactly one of: every, seq");
  const messages = (text: string): string[] =>
    readDocument(text, "x", z.strictObject({ drop: one })).problems.map(({ message }) => message);
  assertEquals(messages("drop: { evry: 5 }"), ['unknown key "evry"']);
  assertEquals(messages("drop: {}"), ["a drop takes exactly one of: every, seq"]);
});

test("wrong types in the words of YAML", () => {
  for (const [text, line] of [
    ["impair: x", '3:9   error  impair: expected a list, got text "x": write [x]'],
    ["impair: {}", '3:9   error  impair: expected a list, got a map: begin each entry with "- "'],
    ["recovery: [1]", "3:11   error  recovery: expected a map, got a list"],
    [
      "recovery: listen:here",
      '3:11   error  recovery: expected a map, got text "listen:here": put a space after the colon',
    ],
    ["name: 5", 'name: expected text, got the number 5: put it in quotes, "5"'],
    ["name: 1.10", 'name: expected text, got the number 1.10: put it in quotes, "1.10"'],
    ["name: 0010", 'name: expected text, got the number 0010: put it in quotes, "0010"'],
    ["name: true", 'name: expected text, got true: put it in quotes, "true"'],
    ["name: []", "name: expected text, got a list"],
    ['seed: "5"', 'seed: expected a number, got text "5": remove the quotes'],
    ["seed: 1.5", "seed: expected a whole number, got the number 1.5"],
    ["seed: many", 'seed: expected a number, got text "many"'],
    ["ratio: .nan", "ratio: expected a number, got the number .nan"],
    ["tags: []", "tags: has 0 entries: write 1 or more"],
    ["model: 5", "model: expected a map, got the number 5"],
    ["impair: [{ drop: { chance: [1] } }]", "expected a chance, such as 1%, got a list"],
  ] as const) {
    assertStringIncludes(firstBelow(text), line);
  }
});

test("where a map belongs, an example and its keys are told", () => {
  const some = z.strictObject({
    batch: z.strictObject({ messages: count(1) }).optional(),
    quota: z
      .strictObject({
        requests: count(1),
        per: duration(),
        reply: z.enum(["quota", "not_found"]).default("quota"),
      })
      .optional(),
    end: z.strictObject({ count: count().default(3), every: duration().prefault("1s") }).optional(),
    drop: z
      .strictObject({
        every: count().optional(),
        seq: count().optional(),
        msg: count().optional(),
        chance: count().optional(),
      })
      .optional(),
  });
  const told = (text: string): (string | undefined)[] => {
    const [first] = readDocument(text, "x", some).problems;
    return [first?.message, first?.hint];
  };
  assertEquals(told("batch: 5"), [
    "expected a map, such as { messages: 5 }, got the number 5",
    "have messages",
  ]);
  // What the key does not take is no example of it.
  assertEquals(told("batch: many"), [
    'expected a map, such as { messages: 500 }, got text "many"',
    "have messages",
  ]);
  assertEquals(told("end: true"), [
    "expected a map, such as { count: 3, every: 1s }, got true",
    "have count, every",
  ]);
  assertEquals(told("quota: 5"), [
    "expected a map, such as { requests: 500, per: 500ms }, got the number 5",
    "have requests, per, reply",
  ]);
  assertEquals(told("drop: 5"), [
    "expected a map, got the number 5",
    "have every, seq, msg, chance",
  ]);
});

test("a key with nothing after it", () => {
  assertEquals(
    toldBelow("recovery:"),
    golden(
      "flaky.yaml:3:1   error  recovery: no value after the colon: expected a map, " +
        "or remove the key",
      "  3 | recovery:",
      "    | ^^^^^^^^  have listen, faults",
    ),
  );
  assertEquals(
    toldBelow("impair:", "  - drop:", "      chance:", "  -"),
    golden(
      "flaky.yaml:5:7   error  impair[0].drop.chance: no value after the colon: " +
        "expected a chance, such as 1%, or remove the key",
      "  5 |       chance:",
      "    |       ^^^^^^",
      "flaky.yaml:6:4   error  impair[1]: an empty list entry: expected a map",
      "  6 |   -",
      "    |    ^  have drop, line",
    ),
  );
  assertStringIncludes(toldBelow("recovery: ~"), "recovery: expected a map, got ~");
});

test("words from a list", () => {
  assertEquals(
    toldBelow("time: vitual"),
    golden(
      'flaky.yaml:3:7   error  time: unknown value "vitual"',
      "  3 | time: vitual",
      '    |       ^^^^^^  did you mean "virtual"?  (real, virtual)',
    ),
  );
  assertStringIncludes(
    toldBelow("time: 3"),
    "time: expected one of real, virtual, got the number 3",
  );
  assertStringIncludes(
    toldBelow("time:"),
    "no value after the colon: expected one of real, virtual",
  );
});

test("unions: the option in which the value got furthest", () => {
  for (const [text, line] of [
    [
      "impair: [{ drop: { every: { n: 0 } } }]",
      'impair[0].drop.every.n: "0" is too small: write 1',
    ],
    ["impair: [{ drop: { every: 0 } }]", 'impair[0].drop.every: "0" is too small: write 1 or more'],
    [
      "impair: [{ drop: { every: [] } }]",
      "impair[0].drop.every: expected a whole number, such as 500, or a map, got a list",
    ],
    [
      "impair: [{ drop: { seq: [10, { a: 1 }] } }]",
      "impair[0].drop.seq[1]: expected numbers, such as 10 or [10, 15..20], got a map",
    ],
    ["listen: { start: nwo }", 'listen.start: unknown value "nwo"'],
    [
      "listen: { start: banana }",
      '"banana" is not a whole number: write 500, 1_000 or 10k, or one of now, first',
    ],
    ["model: { evry: 5 }", 'model: unknown key "evry"'],
    ["model: { every: 5, chance: 1% }", 'model: "chance" cannot stand beside "every": remove one'],
    ["model: { burst: 5 }", 'model: missing key "loss": add for example `loss: 1%`'],
    ["model: {}", "model: needs a key: every or chance"],
  ] as const) {
    assertStringIncludes(firstBelow(text), line);
  }
  assertEquals(
    toldBelow(
      "timeline:",
      "  - { do: line.dwn }",
      "  - { for: 1s }",
      "  - { do: feed.pause, fr: 1s }",
    ),
    golden(
      'flaky.yaml:4:11   error  timeline[0].do: unknown value "line.dwn"',
      "  4 |   - { do: line.dwn }",
      '    |           ^^^^^^^^  did you mean "line.down"?  (line.down, feed.pause)',
      'flaky.yaml:5:5    error  timeline[1]: missing key "do": add `do`, one of ' +
        "line.down, feed.pause",
      "  5 |   - { for: 1s }",
      "    |     ^^^^^^^^^^^",
      'flaky.yaml:6:23   error  timeline[2]: unknown key "fr"',
      "  6 |   - { do: feed.pause, fr: 1s }",
      '    |                       ^^  did you mean "for"?  (do, for)',
    ),
  );
});

test("a schema's own messages stay as they are", () => {
  assertEquals(
    toldBelow("recovery:", "  listen: x", "  faults:", "    - { seq: 1, down: true }"),
    golden(
      'flaky.yaml:6:7   error  recovery.faults[0]: "down" cannot take "seq": a ' +
        "refused connection never says what it wanted",
      "  6 |     - { seq: 1, down: true }",
      "    |       ^^^^^^^^^^^^^^^^^^^^^^",
    ),
  );
  assertEquals(
    toldBelow("lines: { a: { group: 239.192.1.1:1 } }"),
    golden(
      "flaky.yaml:3:10   error  lines.a: a line is named by one capital letter",
      "  3 | lines: { a: { group: 239.192.1.1:1 } }",
      "    |          ^",
    ),
  );
});

test("numbers are read as they are written where our units read them", () => {
  const { value, problems } = readDocument(
    "feedlab: 1.0\nfeed: { messages: 5.0 }\nseed: 0x10\nratio: 1e3\n" +
      "vars: { a: 1.10, b: 0010, c: 7 }\n",
    "x",
    schema,
  );
  assertEquals(problems, []);
  assertEquals(value?.feed.messages, 5);
  assertEquals([value?.seed, value?.ratio], [16, 1000]);
  assertEquals(value?.vars, { a: "1.10", b: "0010", c: 7 });

  assertEquals(
    told("feedlab: 1\nfeed: { messages: 0x10, interval: 1e3, rate: 1_000 }\n"),
    golden(
      'flaky.yaml:2:19   error  feed.messages: "0x10" is not a whole number: write ' +
        "500, 1_000 or 10k",
      "  2 | feed: { messages: 0x10, interval: 1e3, rate: 1_000 }",
      "    |                   ^^^^",
      'flaky.yaml:2:35   error  feed.interval: "1e3" is not a time: write 250us, ' +
        "500ms, 1.5s or 2m30s",
      "  2 | feed: { messages: 0x10, interval: 1e3, rate: 1_000 }",
      "    |                                   ^^^",
      'flaky.yaml:2:46   error  feed.rate: "1_000" has no unit: write 1_000/s',
      "  2 | feed: { messages: 0x10, interval: 1e3, rate: 1_000 }",
      "    |                                              ^^^^^",
    ),
  );
});

test("numbers beyond 2^53 are never rounded in silence", () => {
  for (const number of ["9007199254740992", "9007199254740993", "12345678901234567890", "1e21"]) {
    for (const line of [`seed: ${number}`, `ratio: -${number}`, `name: ${number}`]) {
      const { value, problems } = readDocument(`${FEED}${line}\n`, "x", schema);
      assertEquals([value, problems.length], [undefined, 1], line);
      assertStringIncludes(problems[0]!.message, number);
    }
  }
  assertStringIncludes(
    told("feedlab: 1\nfeed: { messages: 12345678901234567890 }\n"),
    'feed.messages: "12345678901234567890" is too large for a whole number: write 9007199254740991 or less',
  );
});

test("duplicate keys, with the mistakes beside them", () => {
  assertEquals(
    told("feedlab: 1\nfeed:\n  messages: 5\n  rate: 5\n  messages: 6\n"),
    golden(
      'flaky.yaml:4:9   error  feed.rate: "5" has no unit: write 5/s',
      "  4 |   rate: 5",
      "    |         ^",
      'flaky.yaml:5:3   error  feed: duplicate key "messages": it is already in line 3',
      "  5 |   messages: 6",
      "    |   ^^^^^^^^",
    ),
  );
});

test("aliases and merge keys", () => {
  const good =
    "feedlab: 1\nfeed: &f { messages: 5, rate: 1/s }\n" +
    "lines: { A: &a { group: 239.1.1.1:1 }, B: { <<: *a } }\n";
  const { value } = readDocument(good, "x", schema);
  assertEquals(value?.lines?.["B"], { group: { host: "239.1.1.1", port: 1 } });

  assertEquals(
    toldBelow("lines:", "  A: &a { group: 5 }", "  B: *a", "  C: { <<: *a }"),
    golden(
      'flaky.yaml:4:18   error  lines.A.group: "5" is not group:port: write it like ' +
        "239.192.1.1:6000",
      "  4 |   A: &a { group: 5 }",
      "    |                  ^",
    ),
    "a mistake behind an anchor is one mistake",
  );
  assertEquals(
    toldBelow("name: *nowhere", "tags: &t [*t]", "lines: { A: { <<: 5 } }"),
    golden(
      'flaky.yaml:3:7    error  name: no anchor "nowhere" above: write the value ' +
        "itself, or mark one",
      "  3 | name: *nowhere",
      "    |       ^^^^^^^^",
      'flaky.yaml:4:11   error  tags[0]: alias "t" holds itself: write the value itself',
      "  4 | tags: &t [*t]",
      "    |           ^^",
      'flaky.yaml:5:15   error  lines.A["<<"]: "<<" takes a map or a list of maps, ' +
        'such as "<<: *name"',
      "  5 | lines: { A: { <<: 5 } }",
      "    |               ^^",
    ),
  );
});

test("what is no YAML is said in the words of YAML", () => {
  for (const [text, place, message] of [
    ["a:\n\tb: 1\n", "2:1", "a tab indents this line: YAML takes spaces only"],
    ["a: [1, 2\nb: 3\n", "1:4", 'the "[" that opens here is never closed: add the missing "]"'],
    ['a: "x\nb: 1\n', "1:4", 'the text that opens here is never closed: add the closing "'],
    ["a:\n  b: 1\n c: 2\n", "3:1", "this line begins at another column than its neighbours"],
    ["a: b: c\n", "1:4", "put the value in quotes if it has a colon"],
    ["a: @x\n", "1:4", "a value cannot begin with @: put it in quotes"],
    ["a:1\nb: 2\n", "1:1", "a key without a value: write a colon and a space after the key"],
    ['a: "\\q"\n', "1:5", "unknown escape \\q: write \\\\ for a backslash"],
    ["a: 1\n---\nb: 2\n", "2:1", 'a second document begins here: remove "---"'],
    ["%YAML 1.1\n---\na: yes\n", "1:1", 'a scenario takes no "%" lines'],
    ["a: !foo 1\n", "1:4", "cannot read the tag !foo: a scenario needs no tags, remove it"],
    ["a: - b\n", "1:4", 'a list entry beside its key: begin a new line before "- "'],
    ["a: }\n", "1:4", "nothing is open that } could close: remove it"],
    ["? [a]\n: b\n", "1:3", "a key must be plain text"],
    ["__proto__: 1\n", "1:1", '"__proto__" cannot be a key'],
    ["", "1:1", "the file is empty: a scenario begins with `feedlab: 1`"],
    ["# only a comment\n", "1:1", "the file is empty"],
    ["- feedlab: 1\n", "1:1", "the file is not a map: write keys and values"],
    ["feedlab:1\n", "1:1", "the file is not a map: put a space after the colon"],
    ["PK\u0003\u0004\0\0", "1:3", "the control character U+0003 in the file"],
    ["feedlab: \0", "1:10", "a NUL byte in the file: a scenario is plain text in UTF-8"],
    ["name: Z\ufffdrich", "1:8", "bytes that are not UTF-8 in the file"],
  ] as const) {
    const problem = readDocument(text, "x", schema).problems.find((p) =>
      p.message.includes(message),
    );
    assertEquals(
      `${problem?.line}:${problem?.column}`,
      place,
      `${JSON.stringify(text)}\n${told(text)}`,
    );
  }
});

test("the keys on, off, yes and no are plain text", () => {
  const { value } = readDocument(
    `${FEED}vars: { on: a, off: b, yes: no, no: off, 5: x }\n`,
    "x",
    schema,
  );
  assertEquals(value?.vars, { on: "a", off: "b", yes: "no", no: "off", "5": "x" });
});

test("files that mean harm end in one problem, at once", () => {
  for (const { name, text, message } of hostileDocuments()) {
    const { value, problems, locate } = readDocument(text, "x", schema);
    const shown = formatProblems(problems);
    assertEquals(value, undefined, name);
    assert(
      problems.some((problem) => problem.message.includes(message)),
      `${name}: ${shown}`,
    );
    assert(
      shown.split("\n").every((line) => line.length <= 200),
      name,
    );
    assert(locate(["impair", 0]).line >= 1);
  }
});

test("a size is refused before the text is read", () => {
  assertEquals(tooLarge(DOCUMENT_BYTES_MAX), undefined);
  assertEquals(
    tooLarge(100 * DOCUMENT_BYTES_MAX),
    "the file has 100.0 MiB, a scenario at most 1 MiB: is this the right file?",
  );
});

test("after a hundred problems the rest is counted", () => {
  const keys = Array.from({ length: 250 }, (_, i) => `zzz${i}: 1`);
  const { problems } = readDocument(`${FEED}${keys.join("\n")}\n`, "x", schema);
  assertEquals(problems.length, PROBLEMS_MAX + 1);
  assertEquals(problems.at(-1)?.message, "and 150 more from here on: mend the others first");
});

test("the caller's own problems", () => {
  const text = `${FEED}impair:\n  - drop: { every: 5 }\nrecovery:\n  listen: here\n`;
  const { locate, problem } = readDocument(text, "flaky.yaml", schema);
  assertEquals(locate(["impair", 0, "drop", "every"]), {
    file: "flaky.yaml",
    line: 4,
    column: 20,
    length: 1,
    source: "  - drop: { every: 5 }",
  });
  assertEquals(locate(["impair", 0, "drop", "every"], "key").column, 13);
  assertEquals(locate(["recovery"]).line, 5, "the key of what fills several lines");
  assertEquals(locate(["recovery"], "value").line, 6);
  assertEquals(locate(["recovery", "quota", "per"]).line, 5, "the nearest that the file has");

  const warning = problem(["impair", 0], 'rule "every 5" never fires', { severity: "warning" });
  const error = problem(["recovery", "listen"], "nobody is here", { hint: "look elsewhere" });
  assertEquals(
    formatProblems([error, { ...warning, path: "" }]),
    golden(
      'flaky.yaml:4:5    warn   rule "every 5" never fires',
      "flaky.yaml:6:11   error  recovery.listen: nobody is here",
      "  6 |   listen: here",
      "    |           ^^^^  look elsewhere",
    ),
  );
});

test("any text and any mutation of a good one gives a value or problems inside it", () => {
  const pieces = [
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: ",
    "\n",
    "\n  ",
    '"',
    "'",
    "|",
    "#",
    "\t",
    "0x1",
    "1e9",
    "~",
    "!t ",
    "? ",
    "a",
    "feed",
    "drop",
    "1%",
    "\0",
    "\u{1f600}",
    "\ud800",
    "\r\n",
  ];
  const mutation = fc
    .array(
      fc.record({
        at: fc.nat(VALID.length),
        cut: fc.nat(8),
        put: fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 4 })),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) =>
      edits.reduce(
        (text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut),
        VALID,
      ),
    );
  const soup = fc
    .array(fc.constantFrom(...pieces), { maxLength: 40 })
    .map((parts) => parts.join(""));
  const anything = fc.oneof(fc.string({ unit: "binary" }), mutation, soup);
  fc.assert(
    fc.property(anything, (text) => {
      const { value, problems } = readDocument(text, "x", schema);
      assertEquals(value === undefined, problems.length > 0);
      const lines = text.replace(/^\ufeff/, "").split("\n");
      for (const { line, column, length, source, message } of problems) {
        assertEquals(source, lines[line - 1]?.replace(/\r$/, ""));
        assert(column >= 1 && column <= source.length + 1, `column ${column}`);
        assert(length >= 1 && (length === 1 || column - 1 + length <= source.length));
        assert(message !== "" && !message.includes("Invalid input"));
      }
      assert(formatProblems(problems).split("\n").length >= problems.length);
      assert(formatSummary(problems) !== "");
    }),
    { numRuns: 2000 },
  );
});
