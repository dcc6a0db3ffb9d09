import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { file } from "../../modules/stores/file.ts";
import {
  Bench,
  expected,
  fill,
  messageOf,
  readAll,
  refused,
} from "../support/store-conformance.ts";

function check(what: string, body: (bench: Bench, path: string) => Promise<void>): void {
  void test(what, async () => {
    const bench = new Bench(file);
    try {
      await body(bench, bench.path());
    } finally {
      bench.clear();
    }
  });
}

const SEGMENT = "0000000000000001.seg";
const INDEX = "0000000000000001.idx";

/** A record is 16 bytes and the message. */
const bytesOf = (until: number): number =>
  Array.from({ length: until - 1 }, (_, i) => 16 + messageOf(i + 1).length).reduce(
    (sum, length) => sum + length,
    16,
  );

check(
  "a tail that is torn anywhere is cut off, and all before it is there",
  async (bench, path) => {
    const store = await bench.create(path);
    fill(store, 1, 6);
    store.close();
    const whole = readFileSync(join(path, SEGMENT));
    assertEquals(whole.length, bytesOf(6));
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(join(path, SEGMENT), whole.subarray(0, length));
      const next = [2, 3, 4, 5].findLast((next) => bytesOf(next) <= length) ?? 1;
      const reader = await bench.open(path);
      assertEquals([reader.next, readAll(reader, 0, 99)], [next, expected(1, next)], `${length}`);
      reader.close();
      const again = await bench.create(path);
      assertEquals([again.found?.next, again.next], [next, next], `${length}`);
      fill(again, next, 9);
      assertEquals(readAll(again, 0, 99), expected(1, 9));
      again.close();
    }
  },
);

check("a tail with a wrong byte is cut off from there", async (bench, path) => {
  const store = await bench.create(path);
  fill(store, 1, 6);
  store.close();
  const whole = readFileSync(join(path, SEGMENT));
  for (let at = 16; at < whole.length; at++) {
    const wrong = Uint8Array.from(whole);
    wrong[at]! ^= 0x10;
    writeFileSync(join(path, SEGMENT), wrong);
    const next = [1, 2, 3, 4, 5].findLast((next) => bytesOf(next) <= at)!;
    const again = await bench.create(path);
    assertEquals(again.next, next, `${at}`);
    assertEquals(readAll(again, 0, 99), expected(1, next));
    again.close();
    assertEquals(readFileSync(join(path, SEGMENT)).length, bytesOf(next));
  }
});

check("a writer that was killed is told of, with what was cut off", async (bench, path) => {
  const store = await bench.create(path);
  fill(store, 1, 100);
  store.flush();
  const whole = readFileSync(join(path, SEGMENT));
  const about = readFileSync(join(path, "feed.json"));
  store.close();
  writeFileSync(join(path, "feed.json"), about);
  writeFileSync(join(path, SEGMENT), whole.subarray(0, -1));
  const again = await bench.create(path);
  const cutBytes = 16 + messageOf(99).length - 1;
  assertEquals(again.found?.torn, { messages: 0, within: 0, cutBytes });
});

check("an index that is gone, short or wrong is done without", async (bench, path) => {
  const store = await bench.create(path);
  fill(store, 1, 1000);
  store.close();
  const index = readFileSync(join(path, INDEX));
  assertEquals(index.length, 4 * Math.ceil(999 / 64));
  for (const wrong of [index.subarray(0, 7), index.map((byte) => byte ^ 1), index.fill(0)]) {
    writeFileSync(join(path, INDEX), wrong);
    const reader = await bench.open(path);
    assertEquals(readAll(reader, 900, 2000), expected(900, 1000));
  }
  rmSync(join(path, INDEX));
  const reader = await bench.open(path);
  assertEquals(readAll(reader, 900, 2000), expected(900, 1000));
});

check("what was retained is in a few files, and the others are gone", async (bench, path) => {
  const store = await bench.create(path, { retain: 10_000 });
  fill(store, 1, 100_001);
  store.close();
  const segments = readdirSync(path).filter((name) => name.endsWith(".seg"));
  assertEquals(segments.length <= 6, true, segments.join());
});

check(
  "the lock of a process that is not there any more counts for nothing",
  async (bench, path) => {
    const store = await bench.create(path);
    store.close();
    // No process has so high a number.
    writeFileSync(join(path, "feed.json.writer"), "99999999 1");
    const again = await bench.create(path);
    again.close();
    assertEquals(readdirSync(path), ["feed.json"]);
  },
);

check("a folder or a file that is no store is left alone", async (bench, path) => {
  mkdirSync(path);
  writeFileSync(join(path, "letter.txt"), "Dear Sir");
  const left = "it was left alone: name another path";
  const other = `Cannot open store "${path}": the folder has "letter.txt", and no feed.json: ${left}`;
  await refused(() => bench.create(path), other);
  await refused(() => bench.open(path), other);
  assertEquals(readdirSync(path), ["letter.txt"]);
  const letter = join(path, "letter.txt");
  await refused(
    () => bench.create(letter),
    `Cannot open store "${letter}": it is a file, not a folder: ${left}`,
  );
  const about = join(path, "feed.json");
  for (const [text, what] of [
    ["{}", "feed.json is of no store of feedlab"],
    ["{", "feed.json is of no store of feedlab"],
    ['{"feedlab":"message store","version":1}', "feed.json is damaged"],
  ] as const) {
    writeFileSync(about, text);
    await refused(() => bench.create(path), `Cannot open store "${path}": ${what}: ${left}`);
  }
  writeFileSync(about, '{"feedlab":"message store","version":2}');
  await refused(
    () => bench.create(path),
    `Cannot open store "${path}": it is of version 2, and this feedlab reads 1: ` +
      "read it with the feedlab that wrote it, or name another path",
  );
});

check("bytes behind the last whole message are not there yet", async (bench, path) => {
  const store = await bench.create(path);
  fill(store, 1, 10);
  store.flush();
  const reader = await bench.open(path);
  appendFileSync(join(path, SEGMENT), new Uint8Array(40));
  reader.refresh();
  assertEquals([reader.next, readAll(reader, 8, 99)], [10, expected(8, 10)]);
});
