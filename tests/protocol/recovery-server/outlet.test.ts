import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { NEVER } from "../../../modules/core/time.ts";
import type { Spoiling } from "../../../modules/faults/fault.ts";
import { OUTLET_HELD_MAX, RESET_WAIT } from "../../../modules/protocol/recovery-server/limits.ts";
import { Outlet } from "../../../modules/protocol/recovery-server/outlet.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What leaves, each with its time, when `act` has been done at 0. */
function leaves(way: Spoiling | undefined, act: (outlet: Outlet) => void): string[] {
  const told: string[] = [];
  let now = 0;
  const tell = (what: string): boolean => told.push(`${now}: ${what}`) > 0;
  const outlet = new Outlet({
    write: (bytes) => tell(decoder.decode(bytes)),
    repair: (bytes) => tell(`(${decoder.decode(bytes)})`),
    end: () => void tell("end"),
    reset: () => void tell("reset"),
  });
  outlet.begin(way, now);
  act(outlet);
  for (now = outlet.deadline(); now < NEVER; now = outlet.deadline()) outlet.onDeadline(now);
  return told;
}

/** An answer of one message: its head, what carries the message, and a datagram for the group. */
function answer(outlet: Outlet): void {
  const lent = encoder.encode("head");
  outlet.send(lent, 0);
  lent.fill(0);
  outlet.carry(() => outlet.send(encoder.encode("message"), 0));
  const repair = encoder.encode("repair");
  outlet.repair(repair, 0);
  repair.fill(0);
  outlet.end(0);
}

test("without a fault everything leaves at once", () => {
  assertEquals(leaves(undefined, answer), ["0: head", "0: message", "0: (repair)", "0: end"]);
});

test("a delay holds all of it back, as copies", () => {
  const told = ["9: head", "9: message", "9: (repair)", "9: end"];
  assertEquals(leaves({ delay: 9 }, answer), told);
});

test("in pieces, one at a time; a datagram goes whole", () => {
  assertEquals(leaves({ trickle: { bytes: 3, every: 5 } }, answer), [
    "0: hea",
    "5: d",
    "10: mes",
    "15: sag",
    "20: e",
    "25: (repair)",
    "30: end",
  ]);
});

test("a reset comes after so many bytes, a moment later, and nothing after it", () => {
  const at = RESET_WAIT;
  assertEquals(leaves({ resetAfter: 6 }, answer), ["0: head", "0: me", `${at}: reset`]);
});

test("an answer that is shorter is reset where it ends", () => {
  const told = ["0: head", "0: message", "0: (repair)", `${RESET_WAIT}: reset`];
  assertEquals(leaves({ resetAfter: 100 }, answer), told);
});

test("what carries messages is sent twice, or damaged; the rest is not", () => {
  assertEquals(leaves({ twice: true }, answer), [
    "0: head",
    "0: message",
    "0: message",
    "0: (repair)",
    "0: (repair)",
    "0: end",
  ]);
  const [head, message] = leaves({ flip: true }, answer);
  assertEquals(
    [head, message?.endsWith("essage"), message === "0: message"],
    ["0: head", true, false],
  );
});

test("swallowed: nothing leaves, and it does not end", () => {
  assertEquals(leaves({ swallow: true }, answer), []);
});

test("closes later than it would", () => {
  assertEquals(leaves({ linger: 7 }, answer).at(-1), "7: end");
});

test("what is held back has a limit, beyond which the answer waits", () => {
  const outlet = new Outlet({ write: () => true, repair: () => true, end() {}, reset() {} });
  outlet.begin({ delay: 5 }, 0);
  assertEquals(outlet.send(new Uint8Array(OUTLET_HELD_MAX - 1), 0), true);
  assertEquals(outlet.send(new Uint8Array(1), 0), false);
  assertEquals([outlet.hasRoom, outlet.waits], [false, true]);
  outlet.onDeadline(5);
  assertEquals([outlet.hasRoom, outlet.waits, outlet.deadline()], [true, false, NEVER]);
});
