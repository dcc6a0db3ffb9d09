import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { lossModels } from "../../modules/impairments/drop/mod.ts";
import { impairments } from "../../modules/impairments/mod.ts";
import { depart, feeds, impaired } from "../support/impaired.ts";

/** Every example that a registry gives, so that a new variant is covered unasked. */
const examples = [...impairments, ...lossModels].map(({ example }) => example);

test("each impairment has a name of its own", () => {
  const names = impairments.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});

for (const example of examples) {
  const { definition, options, create } = impaired(example);

  test(`${example}: has a label and a summary without a full stop`, () => {
    assert(definition.label(options).startsWith(definition.name), definition.label(options));
    assert(/[^.]$/.test(definition.summary), definition.summary);
  });

  test(`${example}: nothing leaves before it came`, () =>
    fc.assert(
      fc.property(feeds, fc.string(), (feed, seed) => {
        depart(create(seed), feed).forEach((departures, i) => {
          const now = (feed[i] ?? feed.at(-1))?.at ?? 0;
          for (const { at } of departures) assert(at >= now, `${at} < ${now}`);
        });
      }),
    ));

  test(`${example}: when nothing more comes, nothing stays behind`, () =>
    fc.assert(
      fc.property(feeds, fc.string(), (feed, seed) => {
        const impairment = create(seed);
        depart(impairment, feed);
        assertEquals(impairment.held ?? 0, 0);
      }),
    ));

  test(`${example}: never edits the bytes it is given`, () =>
    fc.assert(
      fc.property(feeds, fc.string(), (feed, seed) => {
        const impairment = create(seed);
        for (const { packet, at } of feed) {
          const before = packet.bytes.slice();
          impairment.apply(packet, at, () => {});
          assertEquals(packet.bytes, before);
        }
      }),
    ));

  test(`${example}: the same seed does the same`, () =>
    fc.assert(
      fc.property(feeds, fc.string(), (feed, seed) =>
        assertEquals(depart(create(seed), feed), depart(create(seed), feed)),
      ),
    ));
}
