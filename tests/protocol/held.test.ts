import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { test } from "node:test";
import { createView } from "../../modules/codecs/codec.ts";
import type { Seq } from "../../modules/core/seq.ts";
import { HeldMessages, type Via } from "../../modules/protocol/held.ts";

const latin1 = new TextDecoder("latin1");

/** The obvious way: an object for each message. */
type Model = Map<Seq, { readonly text: string; readonly via: Via }>;

/** A message of a length of its own, from none to more than a page has room for. */
function textOf(seq: Seq): string {
  const length = seq % 97 === 0 ? 300_000 : [0, 1, 36, 300, 5000][seq % 5]!;
  return String.fromCharCode(0x61 + (seq % 26)).repeat(length);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function hold(held: HeldMessages, model: Model, seq: Seq, count: number, via: Via): void {
  const fresh = Array.from({ length: count }, (_, i) => seq + i).filter((one) => !model.has(one));
  for (const one of fresh) model.set(one, { text: textOf(one), via });
  if (via === "line" && fresh.length === count) {
    const view = createView(count);
    const texts = fresh.map(textOf);
    view.bytes = bytesOf(`head${texts.map((text) => `-${text}`).join("")}`);
    Object.assign(view, { seq, count });
    let at = 4;
    for (const [i, { length }] of texts.entries()) {
      view.bounds[2 * i] = at + 1;
      at = view.bounds[2 * i + 1] = at + 1 + length;
    }
    held.addPacket(view);
    view.bytes.fill(0xdd);
    return;
  }
  for (const one of fresh) {
    const bytes = bytesOf(`<${textOf(one)}>`);
    held.add(one, bytes, 1, bytes.length - 1, via);
    bytes.fill(0xdd);
  }
}

/** Takes the first that are held, which is nothing unless they begin at a number. */
function take(held: HeldMessages, model: Model, seq: Seq): void {
  const run = held.take(seq);
  if (run === undefined) return;
  const { page, from, until, first, via } = run;
  assertEquals([from, Math.min(...model.keys())], [seq, seq]);
  for (let i = 0; i < until - from; i++) {
    const known = model.get(seq + i);
    model.delete(seq + i);
    const at = 2 * (first + i);
    const text = latin1.decode(page.bytes.subarray(page.bounds[at], page.bounds[at + 1]));
    // Not assertEquals: of long texts it would take a minute to show the difference.
    assertEquals(text === known?.text, true, `SEQ:${seq + i} is not what was held`);
    assertEquals(via, known?.via);
  }
}

const base = fc.constantFrom(1, 2 ** 31 - 100, 2 ** 52);
const seqs = fc.nat(300);
const step = fc.oneof(
  fc.record({ hold: seqs, count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ recover: seqs }),
  fc.record({ take: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ forget: seqs }),
);

test("what is held is what was given, whatever came and went before", () =>
  fc.assert(
    fc.property(base, fc.array(step, { maxLength: 40 }), (first, steps) => {
      const held = new HeldMessages();
      const model: Model = new Map();
      for (const one of steps) {
        if ("hold" in one) hold(held, model, first + one.hold, one.count, "line");
        else if ("recover" in one) hold(held, model, first + one.recover, 1, "recovery");
        else if ("take" in one) {
          for (let i = 0; i < one.take && model.size > 0; i++) {
            take(held, model, Math.min(...model.keys()) + (i % 3 === 1 ? 1 : 0));
          }
        } else {
          held.forget(first + one.forget);
          for (const seq of model.keys()) if (seq < first + one.forget) model.delete(seq);
        }
        assertEquals(held.size, model.size);
      }
      for (const seq of [...model.keys()].toSorted((a, b) => a - b)) take(held, model, seq);
      assertEquals([held.size, model.size], [0, 0]);
    }),
    { numRuns: 60 },
  ));

test("nothing is there any more once everything was let go of", () => {
  const held = new HeldMessages();
  hold(held, new Map(), 5, 100, "line");
  held.clear();
  assertEquals([held.size, held.take(5), held.take(104)], [0, undefined, undefined]);
});
