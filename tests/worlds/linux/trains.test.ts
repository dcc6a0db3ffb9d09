import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { CARS_MAX, endOfTrain, TRAIN_BYTES_MAX } from "../../../modules/worlds/linux/trains.ts";

/** The sizes of each train, when packets of these sizes leave. */
function trains(sizes: readonly number[], longest = TRAIN_BYTES_MAX): number[][] {
  let end = 0;
  const ends = Int32Array.from(sizes, (size) => (end += size));
  const found: number[][] = [];
  for (let from = 0; from < sizes.length;) {
    const until = endOfTrain(ends, from, sizes.length, longest);
    found.push(sizes.slice(from, until));
    from = until;
  }
  return found;
}

test("neighbours of equal size travel together, and a shorter one ends the train", () => {
  assertEquals(trains([5, 5, 5]), [[5, 5, 5]]);
  assertEquals(trains([5, 5, 3, 5, 5]), [
    [5, 5, 3],
    [5, 5],
  ]);
  assertEquals(trains([3, 5, 5, 9]), [[3], [5, 5], [9]]);
  assertEquals(trains([9, 8, 7, 6]), [
    [9, 8],
    [7, 6],
  ]);
});

test("an empty packet travels alone, for nothing could be cut off", () => {
  assertEquals(trains([5, 0, 0, 5]), [[5], [0], [0], [5]]);
});

test("a packet that is too long for the interface travels alone", () => {
  assertEquals(trains([1500, 1500, 100, 100], 1472), [[1500], [1500], [100, 100]]);
  assertEquals(trains([7, 7, 7], 0), [[7], [7], [7]]);
});

test("a train has so many cars and bytes and no more", () => {
  const sizes = (count: number, size: number): number[] =>
    Array.from({ length: count }, () => size);
  const lengths = (of: number[]): number[] => trains(of).map(({ length }) => length);
  assertEquals(lengths(sizes(2 * CARS_MAX + 1, 36)), [CARS_MAX, CARS_MAX, 1]);
  // 65507 bytes are 44 packets of 1472 and 739 bytes more.
  assertEquals(lengths(sizes(50, 1472)), [44, 6]);
});

test("every packet is in one train, in order, and the system would cut the train into them", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 300 }), (sizes) => {
      const found = trains(sizes);
      assertEquals(found.flat(), sizes);
      for (const train of found) assertEquals(cut(train), train);
    }),
  );
});

/** As UDP_SEGMENT cuts what it is given in one piece, by the size of the first packet. */
function cut(train: readonly number[]): number[] {
  assert(train.length <= CARS_MAX);
  const total = train.reduce((sum, size) => sum + size, 0);
  const [size] = train as [number, ...number[]];
  if (train.length === 1) return [size];
  const cars = Array.from({ length: Math.ceil(total / size) }, () => size);
  cars[cars.length - 1] = total - size * (cars.length - 1);
  return cars;
}
