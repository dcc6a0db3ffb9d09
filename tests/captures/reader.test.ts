import { readdirSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { UserError } from "../../modules/core/errors.ts";
import type { Frame } from "../../modules/captures/frame.ts";
import { openCapture } from "../../modules/captures/reader.ts";
import { openFile } from "../../modules/worlds/file.ts";
import {
  BIG,
  block,
  datagramsOf,
  enhancedBlock,
  filled,
  interfaceBlock,
  join,
  LITTLE,
  memoryFile,
  option,
  type Order,
  pcapHeader,
  pcapRecord,
  sectionBlock,
} from "../support/capture.ts";
import { fromHex } from "../support/hex.ts";
import { noRealData, realData } from "../support/real-data.ts";

const ORDERS: readonly Order[] = [LITTLE, BIG];
const utf8 = new TextEncoder();
const DATA = fromHex("01 02 03 04 05");

/** The frames of a file, copied. */
function framesOf(bytes: Uint8Array): (Frame & { readonly data: number[] })[] {
  const { frame, next } = openCapture(memoryFile("x.pcap", bytes));
  const all: (Frame & { readonly data: number[] })[] = [];
  while (next()) {
    const data = [...frame.bytes.subarray(frame.start, frame.end)];
    assertEquals([...bytes.subarray(frame.dataOffset, frame.dataOffset + data.length)], data);
    all.push({ ...frame, data });
  }
  return all;
}

/** The error that reading the bytes ends with. */
function refusal(bytes: Uint8Array): string {
  return assertThrows(() => framesOf(bytes), UserError).message;
}

test("pcap: microseconds and nanoseconds, in both byte orders", () => {
  for (const order of ORDERS) {
    for (const [magic, nanos] of [
      [0xa1b2c3d4, 999_999_000],
      [0xa1b23c4d, 999_999],
    ] as const) {
      const frames = framesOf(
        join(
          pcapHeader(order, magic, 1),
          pcapRecord(order, 1_700_000_000, 999_999, DATA),
          pcapRecord(order, 4_294_967_295, 0, new Uint8Array(), 9000),
        ),
      );
      assertEquals(
        frames.map((f) => [f.seconds, f.nanos, f.length, f.link, f.data]),
        [
          [1_700_000_000, nanos, 5, 1, [...DATA]],
          [4_294_967_295, 0, 9000, 1, []],
        ],
      );
      assertEquals(
        frames.map(({ offset, dataOffset }) => [offset, dataOffset]),
        [
          [24, 40],
          [45, 61],
        ],
      );
    }
  }
});

test("pcap: bytes of a real file's beginning", () => {
  const [frame, ...rest] = framesOf(
    fromHex(`
      d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000
      9e5bce59 30610d00 02000000 48000000 0100`),
  );
  assertEquals(rest, []);
  assertEquals([frame?.seconds, frame?.nanos, frame?.length], [0x59ce5b9e, 876_848_000, 72]);
});

test("pcapng: sections of both byte orders, interfaces, names and comments", () => {
  const sections = ORDERS.map((order) =>
    join(
      sectionBlock(order),
      interfaceBlock(order, 1, 0, option(order, 2, utf8.encode("line A"))),
      // A block of names, which is none of our business, between them.
      block(order, 4, fromHex("00000000")),
      interfaceBlock(order, 113, 0, option(order, 9, fromHex("09")), order.words(0)),
      enhancedBlock(
        order,
        1,
        [0x18_04_5b_10, 0x1e_00_00_07],
        DATA,
        option(order, 2, fromHex("00000000")),
        option(order, 1, utf8.encode("dropped: every 5")),
        option(order, 1, utf8.encode("π")),
        order.words(0),
      ),
      enhancedBlock(order, 0, [0, 1_500_000], DATA),
    ),
  );
  const ticks = (0x18045b10n << 32n) | 0x1e000007n;
  const frames = framesOf(join(...sections));
  const expected = [
    [
      "",
      113,
      Number(ticks / 1_000_000_000n),
      Number(ticks % 1_000_000_000n),
      ["dropped: every 5", "π"],
    ],
    ["line A", 1, 1, 500_000_000, []],
  ];
  assertEquals(
    frames.map((f) => [f.interfaceName, f.link, f.seconds, f.nanos, f.comments]),
    [...expected, ...expected],
  );
  assert(frames.every(({ data, length }) => data.length === 5 && length === 5));
});

test("pcapng: the blocks that were before the enhanced one", () => {
  for (const order of ORDERS) {
    const old = join(order.half(0), order.half(7), order.words(0, 2_000_001, 5, 60), filled(DATA));
    const frames = framesOf(
      join(
        sectionBlock(order),
        interfaceBlock(order, 1, 3),
        block(order, 2, join(old, option(order, 1, utf8.encode("old")), order.words(0))),
        // What is longer than the interface keeps was cut.
        block(order, 3, join(order.word(60), filled(fromHex("010203")))),
        block(order, 3, join(order.word(2), filled(fromHex("0102")))),
      ),
    );
    assertEquals(
      frames.map((f) => [f.data, f.length, f.seconds, f.nanos, f.comments]),
      [
        [[1, 2, 3, 4, 5], 60, 2, 1000, ["old"]],
        [[1, 2, 3], 60, 2, 1000, []],
        [[1, 2], 2, 2, 1000, []],
      ],
    );
  }
});

test("pcapng: ticks of every resolution are as long as the definition says", () =>
  fc.assert(
    fc.property(
      fc.nat(19),
      fc.boolean(),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: -5000, max: 5000 }),
      (power, binary, ticks, offset) => {
        const perSecond = binary ? 2n ** BigInt(3 * power) : 10n ** BigInt(power);
        const resolution = binary ? 0x80 | (3 * power) : power;
        const far = new DataView(new ArrayBuffer(8));
        far.setBigInt64(0, BigInt(offset));
        const [frame] = framesOf(
          join(
            sectionBlock(BIG),
            interfaceBlock(
              BIG,
              1,
              0,
              option(BIG, 9, Uint8Array.of(resolution)),
              option(BIG, 14, new Uint8Array(far.buffer)),
            ),
            enhancedBlock(BIG, 0, [Number(ticks >> 32n), Number(ticks & 0xffffffffn)], DATA),
          ),
        );
        assertEquals(frame?.seconds, Number(ticks / perSecond) + offset);
        assertEquals(frame?.nanos, Number(((ticks % perSecond) * 1_000_000_000n) / perSecond));
      },
    ),
  ));

test("a file that is larger than what is read at once", () => {
  const records = Array.from({ length: 3000 }, (_, i) =>
    pcapRecord(LITTLE, i, 0, new Uint8Array((i * 7) % 1500).fill(i & 0xff)),
  );
  // One packet alone is larger than that, too.
  const huge = new Uint8Array(300_000).fill(7);
  const file = join(pcapHeader(LITTLE, 0xa1b2c3d4, 1), ...records, pcapRecord(LITTLE, 1, 1, huge));
  const { frame, next } = openCapture(memoryFile("large.pcap", file));
  for (let i = 0; i < 3000; i++) {
    assert(next());
    assertEquals([frame.seconds, frame.end - frame.start], [i, (i * 7) % 1500]);
    assert(frame.bytes.subarray(frame.start, frame.end).every((byte) => byte === (i & 0xff)));
  }
  assert(next());
  assertEquals(frame.bytes.slice(frame.start, frame.end), huge);
  assert(!next());
  assert(!next());
});

test("what is no capture says what it is, and what to do", () => {
  const starts = (text: string): string => refusal(fromHex(text));
  assertEquals(
    starts("000c5300"),
    'Cannot read "x.pcap": it begins with 00 0c 53 00, at offset 0, which is neither pcap nor ' +
      "pcapng: give a capture, or convert it with editcap",
  );
  assert(starts("1f8b0800 00").endsWith("unpack it first with gunzip"));
  assert(starts("28b52ffd 00").endsWith("unpack it first with unzstd"));
  assert(starts("").includes("it has 0 bytes"));
});

test("what breaks off names the place", () => {
  const good = join(pcapHeader(BIG, 0xa1b2c3d4, 1), pcapRecord(BIG, 1, 0, DATA));
  assertEquals(
    refusal(good.subarray(0, 44)),
    'Cannot read "x.pcap": the file ends within a packet at offset 24: copy the file again, or ' +
      "keep what is whole with: editcap x.pcap whole.pcapng",
  );
  assert(refusal(good.subarray(0, 20)).includes("ends within its header at offset 0"));
  assert(refusal(good.subarray(0, 30)).includes("ends within a packet at offset 24"));
  const garbled = join(good, BIG.words(0, 0, 0x7fffffff, 5), DATA);
  assert(refusal(garbled).includes("claims to have 2147483647 bytes at offset 45"));

  const start = join(sectionBlock(BIG), interfaceBlock(BIG, 1, 0));
  const next = start.length;
  const packet = enhancedBlock(BIG, 0, [0, 0], DATA);
  assert(refusal(join(start, packet.subarray(0, 9))).includes(`within a block at offset ${next}`));
  assert(refusal(join(start, packet.subarray(0, 30))).includes(`block at offset ${next}`));
  assert(refusal(join(start, BIG.words(9, 13, 0, 0))).includes("claims to have 13 bytes"));
  assert(refusal(join(start, BIG.words(9, 16, 0, 12))).includes("two lengths of a block differ"));
  assert(refusal(join(start, enhancedBlock(BIG, 4, [0, 0], DATA))).includes("of interface 4"));
  const long = block(BIG, 6, BIG.words(0, 0, 0, 100, 100, 0));
  assert(refusal(join(start, long)).includes(`claims to have 100 bytes at offset ${next}`));
  const option = enhancedBlock(BIG, 0, [0, 0], DATA, BIG.words(0x0001ffff));
  assert(refusal(join(start, option)).includes("an option is longer than its block"));
  assert(refusal(block(BIG, 0x0a0d0d0a, BIG.words(1, 2, 3, 4))).includes("no byte order"));
});

test("any bytes after a good beginning are packets or one clear error", () => {
  const beginnings = [
    pcapHeader(LITTLE, 0xa1b2c3d4, 1),
    join(sectionBlock(LITTLE), interfaceBlock(LITTLE, 1, 0)),
    sectionBlock(BIG),
    new Uint8Array(),
  ];
  const block = fc
    .tuple(fc.constantFrom(1, 2, 3, 6, 9), fc.uint8Array({ maxLength: 60 }))
    .map(([type, bytes]) => join(LITTLE.words(type, 12 + (bytes.length & ~3)), bytes));
  fc.assert(
    fc.property(
      fc.constantFrom(...beginnings),
      fc.oneof(fc.uint8Array({ maxLength: 200 }), block),
      (beginning, bytes) => {
        const whole = join(beginning, bytes);
        try {
          framesOf(whole);
        } catch (error) {
          assert(error instanceof UserError, String(error));
          assert(/"x\.pcap".*(offset \d+|bytes, which).*: /.test(error.message), error.message);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

const CME = "cme/mdp3-ab-10000-packets.pcapng";

test("real captures: every packet of every file is a datagram", { skip: noRealData }, () => {
  const counts: Record<string, number> = {
    [CME]: 10_000,
    "nyse/imbalances-11819-packets.pcap": 11_819,
  };
  const single = ["moldudp64", "cta", "cta/cqs-1.91", "cta/cts-1.91", "cta/cts-2.9"].flatMap(
    (folder) =>
      readdirSync(realData(folder))
        .filter((name) => name.endsWith(".pcap"))
        .map((name) => `${folder}/${name}`),
  );
  assert(single.length > 10);
  for (const path of [...Object.keys(counts), ...single]) {
    const file = openFile(realData(path));
    const { next } = openCapture(file);
    let frames = 0;
    while (next()) frames++;
    if (counts[path] !== undefined) assertEquals(frames, counts[path], path);
    assert(frames > 0, path);
    assertEquals(datagramsOf(file).length, frames, path);
    file.close();
  }
});

test("real captures: two lines merge into one stream without a gap", { skip: noRealData }, () => {
  const file = openFile(realData(CME));
  const packets = datagramsOf(file);
  file.close();
  const lines = new Map<string, number[]>();
  for (const { to, payload } of packets) {
    const number = new DataView(payload.buffer).getUint32(0, true);
    lines.set(to, [...(lines.get(to) ?? []), number]);
  }
  assertEquals([...lines.keys()].toSorted(), ["224.0.31.11:14320", "224.0.32.11:15320"]);
  const numbers = [...new Set([...lines.values()].flat())].toSorted((a, b) => a - b);
  assertEquals([numbers[0], numbers.at(-1), numbers.length], [17347815, 17352814, 5000]);
});
