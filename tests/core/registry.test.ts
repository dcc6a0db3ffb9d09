import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import { didYouMean, lookUp, nearest } from "../../modules/core/registry.ts";

const MODELS = ["every", "seq", "chance"];

test("a slip of the finger finds the word that was meant", () => {
  const slips = [
    ["evry", "every"],
    ["evrey", "every"],
    ["eevry", "every"],
    ["Every", "every"],
    ["seqs", "seq"],
    ["sqe", "seq"],
    ["chanse", "chance"],
    ["cahnce", "chance"],
  ] as const;
  for (const [word, meant] of slips) assertEquals(nearest(word, MODELS), meant, word);
});

test("a word far from all finds none", () => {
  for (const word of ["reorder", "delay", "xyzzy", "", "throttle"]) {
    assertEquals(nearest(word, MODELS), undefined, word);
  }
});

test("a short word is not the neighbour of everything short", () => {
  assertEquals(nearest("xy", ["lo", "a"]), undefined);
  assertEquals(nearest("l", ["lo"]), "lo");
});

test("half a short word is not near: what shares a letter was not meant", () => {
  const protocols = ["demo", "moldudp64", "soupbintcp", "cta", "nyse_xdp"];
  for (const word of ["ftp", "tcp", "http", "cts", "mold"]) {
    const near = word === "cts" ? "cta" : undefined;
    assertEquals(nearest(word, protocols), near, word);
  }
  assertEquals(nearest("loss", ["drop", "close"]), undefined);
  assertEquals(nearest("recovered", ["delivered", "recovery.filled"]), undefined);
  assertEquals(nearest("rcovry", ["recovery"]), "recovery");
  assertEquals(
    nearest("gaps.detect_latncy.mx", ["gaps.detect_latency.max"]),
    "gaps.detect_latency.max",
  );
});

test("of two that are equally near the first in the registry is offered", () => {
  assertEquals(nearest("bat", ["cat", "bar"]), "cat");
  assertEquals(nearest("bat", ["bar", "cat"]), "bar");
  assertEquals(nearest("bar", ["cat", "bar"]), "bar");
});

test("the hint names the near one, or all there are", () => {
  assertEquals(didYouMean("evry", MODELS), ': did you mean "every"?');
  assertEquals(didYouMean("reorder", MODELS), ": have every, seq, chance");
});

test("an entry is found by its exact name alone", () => {
  const registry = MODELS.map((name) => ({ name }));
  assertEquals(lookUp(registry, "seq", "loss model"), { name: "seq" });
  assertEquals(
    assertThrows(() => lookUp(registry, "evry", "loss model"), UserError).message,
    'no loss model "evry": did you mean "every"?',
  );
  assertEquals(
    assertThrows(() => lookUp(registry, "toString", "loss model"), UserError).message,
    'no loss model "toString": have every, seq, chance',
  );
});
