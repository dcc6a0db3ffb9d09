import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { SEQ_MAX } from "../../modules/core/seq.ts";
import {
  addressOf,
  formatDuration,
  formatEndpoint,
  formatRate,
  formatShare,
  formatSize,
  parseChance,
  parseCount,
  parseDuration,
  parseEndpoint,
  parseGroup,
  parseHost,
  parseRate,
  parseSeqs,
  parseSize,
  plural,
  quote,
  UnitError,
} from "../../modules/core/units.ts";

type Good<T> = Readonly<Record<string, T>>;
/** Text, and the whole of the message it gets. */
type Bad = Readonly<Record<string, string>>;

function table<T>(parse: (text: string) => T, good: Good<T>, bad: Bad): void {
  for (const [text, value] of Object.entries(good)) assertEquals(parse(text), value, text);
  for (const [text, message] of Object.entries(bad)) {
    assertEquals(assertThrows(() => parse(text), UnitError).message, message);
  }
}

/** Rounding to so many significant digits moves a number by at most half a unit of the last. */
function assertDigits(got: number, want: number, digits: number): void {
  const off = Math.abs(got - want);
  assert(off <= want * 0.5 * 10 ** (1 - digits), `got ${got}, want ${want}`);
}

test("times", () =>
  table(
    parseDuration,
    {
      "0s": 0,
      "1ns": 1,
      "250us": 250e3,
      "250µs": 250e3,
      "500ms": 500e6,
      "1.5s": 1.5e9,
      "2m": 120e9,
      "2min": 120e9,
      "2m30s": 150e9,
      "1h30m": 5400e9,
      " 5s ": 5e9,
      "1.005us": 1005,
      "0.4ns": 0,
      "9007199254740991ns": SEQ_MAX,
    },
    {
      "5": '"5" has no unit: write 5ms or 5s',
      "1.5": '"1.5" has no unit: write 1.5ms or 1.5s',
      "": '"" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      fast: '"fast" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      "-5s": '"-5s" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      ".5s": '".5s" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      "5 s": '"5 s" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      "5S": '"5S" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      "1e3s": '"1e3s" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      "5s or so": '"5s or so" is not a time: write 250us, 500ms, 1.5s or 2m30s',
      "9999999h": '"9999999h" is too large for a time: write 2500h or less',
    },
  ));

test("whole numbers", () =>
  table(
    parseCount,
    {
      "0": 0,
      "17": 17,
      "1_000": 1000,
      "10k": 10_000,
      "1.5M": 1_500_000,
      "2G": 2e9,
      "1.005k": 1005,
      " 7 ": 7,
      "5.0": 5,
      "9007199254740991": SEQ_MAX,
    },
    {
      "": '"" is not a whole number: write 500, 1_000 or 10k',
      "1.5": '"1.5" is not a whole number: write 500, 1_000 or 10k',
      "1.0005k": '"1.0005k" is not a whole number: write 500, 1_000 or 10k',
      "-1": '"-1" is not a whole number: write 500, 1_000 or 10k',
      "10K": '"10K" is not a whole number: write 500, 1_000 or 10k',
      "1,000": '"1,000" is not a whole number: write 500, 1_000 or 10k',
      _1: '"_1" is not a whole number: write 500, 1_000 or 10k',
      "1e3": '"1e3" is not a whole number: write 500, 1_000 or 10k',
      "9007199254740992":
        '"9007199254740992" is too large for a whole number: write 9007199254740991 or less',
      "9007199254741G":
        '"9007199254741G" is too large for a whole number: write 9007199254740991 or less',
    },
  ));

test("rates", () =>
  table(
    parseRate,
    {
      "2/s": 2,
      "10k/s": 10_000,
      "1.5M/s": 1_500_000,
      "1.005k/s": 1005,
      "600/min": 10,
      "7200/h": 2,
      "0.5/s": 0.5,
      " 2/s ": 2,
    },
    {
      "5": '"5" has no unit: write 5/s',
      "10k": '"10k" has no unit: write 10k/s',
      "": '"" is not a rate: write 2/s, 10k/s or 600/min',
      "/s": '"/s" is not a rate: write 2/s, 10k/s or 600/min',
      "2/day": '"2/day" is not a rate: write 2/s, 10k/s or 600/min',
      "-2/s": '"-2/s" is not a rate: write 2/s, 10k/s or 600/min',
      "2 /s": '"2 /s" is not a rate: write 2/s, 10k/s or 600/min',
      "0/s": '"0/s" never sends anything: write 1/s or more',
    },
  ));

test("chances", () =>
  table(
    parseChance,
    {
      "0%": 0,
      "1%": 0.01,
      "0.01%": 0.0001,
      "0.07%": 0.0007,
      "33.3%": 0.333,
      "100%": 1,
      "5 %": 0.05,
    },
    {
      "0.01": '"0.01" is not a chance: write it in percent, like 1% or 0.01%',
      "1": '"1" is not a chance: write it in percent, like 1% or 0.01%',
      "": '"" is not a chance: write it in percent, like 1% or 0.01%',
      "-1%": '"-1%" is not a chance: write it in percent, like 1% or 0.01%',
      "1%%": '"1%%" is not a chance: write it in percent, like 1% or 0.01%',
      "101%": '"101%" is more than always: write 0% to 100%',
      "100.0001%": '"100.0001%" is more than always: write 0% to 100%',
    },
  ));

test("sets of numbers", () =>
  table(
    (text) => Array.from(parseSeqs(text), ({ from, until }) => [from, until]),
    {
      "17": [[17, 18]],
      "40..44": [[40, 45]],
      "7..7": [[7, 8]],
      "10, 15..20": [
        [10, 11],
        [15, 21],
      ],
      "3,1,2": [[1, 4]],
      "1k..2k": [[1000, 2001]],
      "1_000..": [[1000, 2 ** 53]],
      "9007199254740991": [[SEQ_MAX, 2 ** 53]],
      "9007199254740991..": [[SEQ_MAX, 2 ** 53]],
    },
    {
      "": '"" is not a set of numbers: write 10, 15..20 or 1000..',
      "1,": '"1," is not a set of numbers: write 10, 15..20 or 1000..',
      "..5": '"..5" is not a set of numbers: write 10, 15..20 or 1000..',
      "1-5": '"1-5" is not a set of numbers: write 10, 15..20 or 1000..',
      "1...5": '"1...5" is not a set of numbers: write 10, 15..20 or 1000..',
      "1.5": '"1.5" is not a set of numbers: write 10, 15..20 or 1000..',
      "1, x, 3": '"1, x, 3" is not a set of numbers: write 10, 15..20 or 1000..',
      "20..15": '"20..15" runs backwards: write 15..20',
      "9007199254740992":
        '"9007199254740992" is too large for a whole number: write 9007199254740991 or less',
    },
  ));

test("places on the network", () =>
  table(
    parseEndpoint,
    {
      "127.0.0.1:7000": { host: "127.0.0.1", port: 7000 },
      "localhost:7000": { host: "127.0.0.1", port: 7000 },
      "feed-1.example.org:1": { host: "feed-1.example.org", port: 1 },
      " 0.0.0.0:65535 ": { host: "0.0.0.0", port: 65535 },
    },
    {
      "": '"" is not host:port: write it like 127.0.0.1:7000',
      "7000": '"7000" is not host:port: write it like 127.0.0.1:7000',
      ":7000": '":7000" is not host:port: write it like 127.0.0.1:7000',
      "127.0.0.1": '"127.0.0.1" is not host:port: write it like 127.0.0.1:7000',
      "[::1]:7000": '"[::1]:7000" is not host:port: write it like 127.0.0.1:7000',
      "tcp://a:7000": '"tcp://a:7000" is not host:port: write it like 127.0.0.1:7000',
      "127.0.0.1:0": '"127.0.0.1:0" has port 0: write one from 1 to 65535',
      "a:65536": '"a:65536" has port 65536: write one from 1 to 65535',
      "010.0.0.1:7000": '"010.0.0.1:7000" has a number that begins with 0: write 10.0.0.1',
      "127.0.1:7000":
        '"127.0.1:7000" has no IPv4 address: write four numbers from 0 to 255, like 239.192.1.1',
      "127.0.0.256:7000":
        '"127.0.0.256:7000" has no IPv4 address: write four numbers from 0 to 255, like 239.192.1.1',
    },
  ));

test("multicast groups", () =>
  table(
    parseGroup,
    {
      "239.192.1.1:6000": { host: "239.192.1.1", port: 6000 },
      "224.0.1.0:6000": { host: "224.0.1.0", port: 6000 },
      "239.255.255.255:6000": { host: "239.255.255.255", port: 6000 },
    },
    {
      "239.192.1.1": '"239.192.1.1" is not group:port: write it like 239.192.1.1:6000',
      "group:6000": '"group:6000" is not group:port: write it like 239.192.1.1:6000',
      "239.192.1:6000":
        '"239.192.1:6000" has no IPv4 address: write four numbers from 0 to 255, like 239.192.1.1',
      "239.192.1.1:0": '"239.192.1.1:0" has port 0: write one from 1 to 65535',
      "223.255.255.255:6000":
        '"223.255.255.255:6000" is not a multicast group: take one from 239.0.0.0 to 239.255.255.255',
      "240.0.0.0:6000":
        '"240.0.0.0:6000" is not a multicast group: take one from 239.0.0.0 to 239.255.255.255',
      "224.0.0.251:6000":
        '"224.0.0.251:6000" is in 224.0.0.0/24, which routers keep for themselves: ' +
        "take a group from 239.0.0.0 to 239.255.255.255",
    },
  ));

test("addresses of machines", () => {
  table(
    parseHost,
    { "10.0.0.1": "10.0.0.1", " 127.0.0.1 ": "127.0.0.1", "223.255.255.255": "223.255.255.255" },
    {
      "10.0.0": '"10.0.0" has no IPv4 address: write four numbers from 0 to 255, like 10.0.0.1',
      "10.0.0.256":
        '"10.0.0.256" has no IPv4 address: write four numbers from 0 to 255, like 10.0.0.1',
      eth0: '"eth0" has no IPv4 address: write four numbers from 0 to 255, like 10.0.0.1',
      "010.0.0.1": '"010.0.0.1" has a number that begins with 0: write 10.0.0.1',
      "239.0.0.1": '"239.0.0.1" is no machine\'s address: write one like 10.0.0.1',
      "0.0.0.0": '"0.0.0.0" is no machine\'s address: write one like 10.0.0.1',
    },
  );
  assertEquals(["lo", "10.0.0.1", "eth0"].map(addressOf), ["127.0.0.1", "10.0.0.1", undefined]);
});

test("a whole number in thousands is the same number", () =>
  fc.assert(
    fc.property(fc.nat({ max: 1e12 }), (n) => {
      // Digits are moved, not divided: n / 1000 may lie beside the decimal that is meant.
      const digits = String(n).padStart(4, "0");
      const thousands = `${digits.slice(0, -3)}.${digits.slice(-3)}`;
      assertEquals(parseCount(`${thousands}k`), n);
      if (n > 0) assertEquals(parseRate(`${thousands}k/s`), n);
    }),
  ));

test("times are written in the unit that makes them short", () => {
  const times: Good<string> = {
    "0": "0ns",
    "999": "999ns",
    "1000": "1us",
    "412000": "412us",
    "412345": "412.3us",
    "999960": "1ms",
    "500000000": "500ms",
    "999960000": "1s",
    "1500000000": "1.5s",
    "59996000000": "1m",
    "60000000000": "1m",
    "119999000000": "2m",
    "150000000000": "2m30s",
    "3600000000000": "60m",
  };
  for (const [nanos, text] of Object.entries(times)) {
    assertEquals(formatDuration(Number(nanos)), text);
  }
});

test("a time that was written is read again, to four digits", () =>
  fc.assert(
    fc.property(fc.nat({ max: 60e9 }), (nanos) =>
      assertDigits(parseDuration(formatDuration(nanos)), nanos, 4),
    ),
  ));

test("a time of minutes is read again, its seconds to four digits", () =>
  fc.assert(
    fc.property(fc.integer({ min: 60e9, max: SEQ_MAX }), (nanos) => {
      const text = formatDuration(nanos);
      const off = Math.abs(parseDuration(text) - nanos);
      // Half of a unit of the fourth digit, of less than 60 seconds.
      assert(off <= 0.005e9, `${nanos} was written ${text}`);
      assert(!/[^\d]?60s/.test(text), text);
    }),
  ));

test("a rate that was written is read again, to four digits", () =>
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e12, noNaN: true }), (perSecond) =>
      assertDigits(parseRate(formatRate(perSecond)), perSecond, 4),
    ),
  ));

test("a share that was written is read again, to six digits", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (parts) =>
      assertDigits(parseChance(formatShare(parts / 1e9)), parts / 1e9, 6),
    ),
  ));

test("a place that was written is read again", () => {
  const place = { host: "239.192.1.1", port: 6000 };
  assertEquals(formatEndpoint(place), "239.192.1.1:6000");
  assertEquals(parseGroup(formatEndpoint(place)), place);
  assertEquals(parseEndpoint(formatEndpoint(place)), place);
});

test("shares and rates as people write them", () => {
  assertEquals(formatShare(0.01), "1%");
  assertEquals(formatShare(1 / 3), "33.3333%");
  assertEquals(formatShare(1), "100%");
  assertEquals(formatRate(2), "2/s");
  assertEquals(formatRate(1.99996), "2/s");
  assertEquals(formatRate(1e6), "1000000/s");
});

test("a size that was written is read again, in its largest whole unit", () => {
  const sizes = ["1 byte", "1400 bytes", "1KiB", "208KiB", "1025 bytes", "4MiB", "2GiB"];
  assertEquals(
    sizes.map((text) => formatSize(parseSize(text))),
    sizes,
  );
  assertEquals(formatSize(2048 * 1024), "2MiB");
});

test("one packet, two packets, no packets", () => {
  assertEquals(
    [0, 1, 2].map((count) => plural(count, "packet")),
    ["0 packets", "1 packet", "2 packets"],
  );
});

test("what is quoted is cut when it is long, and shows what cannot be printed", () => {
  assertEquals(quote('a "b"\n'), '"a \\"b\\"\\n"');
  assertEquals(quote("x".repeat(60)), `"${"x".repeat(60)}"`);
  assertEquals(quote("x".repeat(61)), `"${"x".repeat(57)}..."`);
});
