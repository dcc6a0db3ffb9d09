import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { judge, readBun, readDeno, verdict } from "./summary.ts";

const BUN = "(pass) 1 pass\n\n 4 pass\n 2 skip\n 1 todo\n 2 fail\n 1 error\n 3 expect() calls\n";

test("bun's summary is read, to-dos count as skipped", () =>
  assertEquals(readBun(`${BUN}Ran 9 tests across 3 files. [74.00ms]\n`), {
    passed: 4,
    failed: 2,
    skipped: 3,
  }));

test("bun's summary is read in colour, and of one test", () =>
  assertEquals(
    readBun("\u001b[32m 1 pass\u001b[0m\n\u001b[2m 0 fail\u001b[0m\nRan 1 test across 1 file.\n"),
    { passed: 1, failed: 0, skipped: 0 },
  ));

test("bun's summary must add up", () =>
  assertEquals(readBun(`${BUN}Ran 10 tests across 3 files. [74.00ms]\n`), undefined));

test("the last summary of bun counts, not what a test printed", () =>
  assertEquals(
    readBun(
      " 7 pass\nRan 7 tests across 1 file.\n(pass) a\n\n 1 pass\nRan 1 test across 1 file.\n",
    ),
    { passed: 1, failed: 0, skipped: 0 },
  ));

test("deno's summary is read, with and without steps, ignored and colour", () => {
  assertEquals(readDeno("ok | 12 passed | 0 failed (1s)\n"), { passed: 12, failed: 0, skipped: 0 });
  assertEquals(
    readDeno(
      "\n\u001b[31mFAILED\u001b[0m | 5 passed (2 steps) | 2 failed (1 step) | 3 ignored (9s)\n",
    ),
    { passed: 5, failed: 2, skipped: 3 },
  );
});

test("other output is not a summary", () => {
  for (const output of ["", "error: No test files found", "panic: 12 passed"]) {
    assertEquals([readBun(output), readDeno(output)], [undefined, undefined]);
  }
});

test("what cannot be read has failed, whatever the exit code", () => {
  const failed = { passed: 0, failed: 1, skipped: 0 };
  assertEquals(judge(0, undefined), failed);
  assertEquals(judge(0, { passed: 0, failed: 0, skipped: 0 }), failed);
});

test("a bad exit code is a failure even when no test failed", () => {
  const counts = { passed: 3, failed: 0, skipped: 1 };
  assertEquals(judge(0, counts), counts);
  assertEquals(judge(1, counts), { ...counts, failed: 1 });
  assertEquals(judge(1, { ...counts, failed: 2 }), { ...counts, failed: 2 });
});

test("the verdict sums up, and mentions skipped tests only when there are some", () => {
  const step = { passed: 1, failed: 0, skipped: 0 };
  assertEquals(verdict([step, { passed: 10, failed: 2, skipped: 0 }]), "11 passed, 2 failed");
  assertEquals(verdict([step, { ...step, skipped: 3 }]), "2 passed, 0 failed, 3 skipped");
});
