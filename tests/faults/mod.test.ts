import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { recoveries } from "../../modules/codecs/recovery/mod.ts";
import { faults } from "../../modules/faults/mod.ts";
import { loadScenario } from "../../modules/scenario/load.ts";

/** What is said of a file with this entry below `faults:`. */
function said(entry: string, protocol = "demo"): string[] {
  const group = protocol === "nyse_xdp" || protocol === "cta";
  const repairs = group ? ", repairs: 239.192.1.9:6009" : "";
  const text = `feedlab: 1
name: one fault
feed: { messages: 200 }
lines: { A: { group: 239.192.1.1:6000 } }
recovery: { protocol: ${protocol}, listen: 127.0.0.1:7000${repairs}, faults: [${entry}] }
`;
  return loadScenario(text, "f.yaml").problems.map(
    ({ severity, message }) => `${severity}: ${message}`,
  );
}

test("each fault's example is an entry that some protocol can have", () => {
  for (const { name, example } of faults) {
    assert(example.includes(`${name}:`), example);
    const of = recoveries.map((recovery) => said(example, recovery.name));
    assert(
      of.some((problems) => problems.every((one) => one.startsWith("warn"))),
      of.join("\n"),
    );
  }
});

test("what has no connection cannot be reset, cut into pieces or closed late", () => {
  assertEquals(said("{ connection: 1, reset: { after: accept } }", "moldudp64"), [
    "error: no reset after accept: moldudp64 asks by datagrams, " +
      "which have no connection to reset: take silent",
  ]);
  assertEquals(said("{ trickle: { chunk: 1 byte, every: 5ms } }", "moldudp64").length, 1);
  assertEquals(said("{ slow_close: 1s }", "moldudp64").length, 1);
  assertEquals(said("{ slow_close: 1s }", "nyse_xdp").length, 1);
});

test("what an answer does not carry cannot be wrong in it", () => {
  assertEquals(said("{ stale_session: true }", "demo"), [
    "error: no stale_session: an answer of demo names no session: take wrong_seq",
  ]);
  assertEquals(said("{ corrupt: payload }", "demo"), [
    "error: no corrupt payload: an answer of demo carries no payload: write corrupt: frame",
  ]);
  for (const protocol of ["moldudp64", "soupbintcp"]) {
    assertEquals(said("{ stale_session: true }", protocol), []);
  }
});

test("a reset is after one of two moments, or so many bytes", () => {
  assertEquals(said("{ reset: { after: 10 bytes } }"), []);
  assertEquals(said("{ reset: { after: lunch } }"), [
    'error: "lunch" is no moment: write accept, request, or a size like 10 bytes',
  ]);
  assertEquals(said("{ reset: { after: 0 bytes } }"), [
    "error: after 0 bytes of the answer is after the request: write request",
  ]);
});

test("an answer to the right question is no wrong one", () => {
  assertEquals(said("{ wrong_seq: 0 }").length, 1);
  assertEquals(said("{ wrong_seq: -1 }"), []);
  assertEquals(said("{ silent: false }").length, 1);
});
