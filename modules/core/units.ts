/**
 * The words that people write for quantities, read and written. Times, rates and chances must
 * carry their unit: everyone is sure what a bare `5` means, and no two people agree.
 */
import { RangeSet } from "./ranges.ts";
import { SEQ_MAX, type SeqRange } from "./seq.ts";
import { MICROSECOND, MILLISECOND, type Nanos, NEVER, SECOND, type TimeWindow } from "./time.ts";

/** A quantity that cannot be read; the message says what to write instead. */
export class UnitError extends Error {
  override readonly name = "UnitError";
}

const TIME_UNITS: Record<string, Nanos> = {
  ns: 1,
  us: MICROSECOND,
  µs: MICROSECOND,
  ms: MILLISECOND,
  s: SECOND,
  m: 60 * SECOND,
  min: 60 * SECOND,
  h: 3600 * SECOND,
};

/** `250us`, `500ms`, `1.5s`, `2m30s` to nanoseconds. */
export function parseDuration(text: string): Nanos {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    throw new UnitError(`${quote(text)} has no unit: write ${trimmed}ms or ${trimmed}s`);
  }
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|min|m|s|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== trimmed) {
    throw new UnitError(`${quote(text)} is not a time: write 250us, 500ms, 1.5s or 2m30s`);
  }
  const total = parts.reduce((sum, [, n, unit]) => sum + Number(n) * TIME_UNITS[unit!]!, 0);
  return atMost(Math.round(total), text, "a time", "2500h");
}

/** Nanoseconds to four significant digits: `412us`, `1.5s`, `2m30s`. */
export function formatDuration(nanos: Nanos): string {
  // The unit is chosen after rounding: 999.96us is 1ms, not 1000us.
  for (const [unit, size, limit] of SHORT_TIMES) {
    const shown = rounded(nanos / size, 4);
    if (Number(shown) < limit) return `${shown}${unit}`;
  }
  const hundredths = Math.round(nanos / (SECOND / 100));
  const minutes = Math.floor(hundredths / 6000);
  const rest = (hundredths - 6000 * minutes) / 100;
  return rest === 0 ? `${minutes}m` : `${minutes}m${rest}s`;
}

/** Units below a minute, and how many of them make one of the next. */
const SHORT_TIMES = [
  ["ns", 1, 1000],
  ["us", MICROSECOND, 1000],
  ["ms", MILLISECOND, 1000],
  ["s", SECOND, 60],
] as const;

/** To so many significant digits, never with an exponent: what is written can be read again. */
function rounded(value: number, digits: number): string {
  const number = Number(value.toPrecision(digits));
  const text = String(number);
  return text.includes("e-") ? number.toFixed(20).replace(/\.?0+$/, "") : text;
}

const COUNT = /^(\d[\d_]*(?:\.\d+)?)([kMG]?)$/;
const ZEROS: Record<string, number> = { "": 0, k: 3, M: 6, G: 9 };

/** Moves the decimal point while it is text: 1.005 * 1000 is not 1005. */
function shift(digits: string, places: number): number {
  return Number(`${digits.replaceAll("_", "")}e${places}`);
}

/** `17`, `1_000`, `10k`, `1.5M` to a whole number. */
export function parseCount(text: string): number {
  const [, digits, scale] = COUNT.exec(text.trim()) ?? [];
  const value = digits === undefined ? NaN : shift(digits, ZEROS[scale ?? ""]!);
  if (!Number.isInteger(value)) {
    throw new UnitError(`${quote(text)} is not a whole number: write 500, 1_000 or 10k`);
  }
  return atMost(value, text, "a whole number", String(SEQ_MAX));
}

/** `5k messages` to a whole number, more than none. */
export function parseMessages(text: string): number {
  const [, digits] = /^(.+?)\s*messages?$/.exec(text.trim()) ?? [];
  if (digits === undefined) {
    const bare = COUNT.test(text.trim());
    throw new UnitError(
      bare
        ? `${quote(text)} has no unit: write ${text.trim()} messages`
        : `${quote(text)} is not a number of messages: write it like 5k messages`,
    );
  }
  const count = parseCount(digits);
  if (count === 0) throw new UnitError(`${quote(text)} is none: write 1 message or more`);
  return count;
}

/** `2/s`, `10k/s`, `600/min` to events per second. */
export function parseRate(text: string): number {
  const value = parseRateOrNone(text);
  if (value === 0) throw new UnitError(`${quote(text)} never sends anything: write 1/s or more`);
  return value;
}

/** As `parseRate`, and `0/s` for nothing at all. */
export function parseRateOrNone(text: string): number {
  const [, amount, per] = /^(.+)\/(s|min|h)$/.exec(text.trim()) ?? [];
  const [, digits, scale] = COUNT.exec(amount ?? "") ?? [];
  if (digits === undefined) {
    const bare = COUNT.test(text.trim());
    throw new UnitError(
      bare
        ? `${quote(text)} has no unit: write ${text.trim()}/s`
        : `${quote(text)} is not a rate: write 2/s, 10k/s or 600/min`,
    );
  }
  const value = shift(digits, ZEROS[scale ?? ""]!);
  return value / (TIME_UNITS[per!]! / SECOND);
}

/** As `parseRateOrNone`, and `max` for as fast as it goes: Infinity. */
export function parseRateOrMax(text: string): number {
  return text.trim() === "max" ? Infinity : parseRateOrNone(text);
}

/** Events per second, to four significant digits, or `max`. */
export function formatRate(perSecond: number): string {
  if (perSecond === Infinity) return "max";
  return `${rounded(perSecond, 4)}/s`;
}

/** `1%`, `0.01%` to a share of one. A bare 0.01 is refused: people mean both things by it. */
export function parseChance(text: string): number {
  const value = parseShare(text);
  if (value > 1) throw new UnitError(`${quote(text)} is more than always: write 0% to 100%`);
  return value;
}

/** As `parseChance`, also beyond 100 %. */
export function parseShare(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? [];
  if (digits === undefined) {
    throw new UnitError(`${quote(text)} is not a chance: write it in percent, like 1% or 0.01%`);
  }
  return shift(digits, -2);
}

/** A share of one in percent: `1%`, `33.3333%`. */
export function formatShare(share: number): string {
  return `${rounded(share * 100, 6)}%`;
}

/** `17`, `40..44` (both ends in), `1000..`, and lists of these, to a set. */
export function parseSeqs(text: string): RangeSet {
  return RangeSet.of(text.split(",").map((part) => parseSeqRange(part.trim(), text)));
}

function parseSeqRange(part: string, whole: string): SeqRange {
  const [, low, dots, high] = /^(\d[\d_]*k?)(?:(\.\.)(\d[\d_]*k?)?)?$/.exec(part) ?? [];
  if (low === undefined) {
    throw new UnitError(`${quote(whole)} is not a set of numbers: write 10, 15..20 or 1000..`);
  }
  const from = parseCount(low);
  const last = high !== undefined ? parseCount(high) : dots !== undefined ? SEQ_MAX : from;
  if (last < from) {
    throw new UnitError(`${quote(part)} runs backwards: write ${last}..${from}`);
  }
  return { from, until: last + 1 };
}

/** `3ms`, or `0..3ms` for any time in between, both ends in. */
export function parseSpread(text: string): TimeWindow {
  const [low = "", high, ...more] = text.split("..").map((part) => part.trim());
  if (more.length > 0) throw new UnitError(`${quote(text)} is not a time: write 3ms or 1ms..3ms`);
  const until = parseDuration(high ?? low);
  const from = high === undefined ? until : low === "0" ? 0 : parseDuration(low);
  if (from > until) throw new UnitError(`${quote(text)} runs backwards: write ${high}..${low}`);
  return { from, until };
}

/** `3s..5s` (its end is out) and `10s..`, which has none, to a window. */
export function parseWindow(text: string): TimeWindow {
  const [low = "", high, ...more] = text.split("..").map((part) => part.trim());
  if (low === "" || high === undefined || more.length > 0) {
    throw new UnitError(`${quote(text)} is not a time window: write it like 3s..5s or 10s..`);
  }
  const from = parseDuration(low);
  const until = high === "" ? NEVER : parseDuration(high);
  if (until === from) {
    throw new UnitError(`${quote(text)} holds no time, for its end is out: write a later end`);
  }
  if (until < from) throw new UnitError(`${quote(text)} runs backwards: write ${high}..${low}`);
  return { from, until };
}

/** As `parseWindow` reads it: `3s..5s`, `10s..`. */
export function formatWindow({ from, until }: TimeWindow): string {
  return `${formatDuration(from)}..${until === NEVER ? "" : formatDuration(until)}`;
}

const BIT_SCALE: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

/** `10Mbit/s` to bits per second. Prefixes count in thousands, as those of a link do. */
export function parseBitRate(text: string): number {
  const [, digits, scale] = /^(\d+(?:\.\d+)?)\s*([kMG]?)bit\/s$/.exec(text.trim()) ?? [];
  if (digits === undefined) {
    throw new UnitError(`${quote(text)} is not a bit rate: write 500kbit/s, 10Mbit/s or 1Gbit/s`);
  }
  const value = Number(digits) * BIT_SCALE[scale!]!;
  if (value === 0)
    throw new UnitError(`${quote(text)} lets nothing through: write 1kbit/s or more`);
  return value;
}

/** Bits per second in the largest unit that keeps it above one: `10Mbit/s`. */
export function formatBitRate(bitsPerSecond: number): string {
  const [scale, size] = Object.entries(BIT_SCALE).findLast(([, size]) => bitsPerSecond >= size) ?? [
    "",
    1,
  ];
  return `${Number((bitsPerSecond / size).toPrecision(6))}${scale}bit/s`;
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  byte: 1,
  bytes: 1,
  kB: 1e3,
  KiB: 1024,
  MB: 1e6,
  MiB: 1024 ** 2,
  GB: 1e9,
  GiB: 1024 ** 3,
};

/** `1400 bytes`, `64KiB` to bytes. */
export function parseSize(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim()) ?? [];
  if (digits !== undefined && unit === "") {
    throw new UnitError(`${quote(text)} has no unit: write ${plural(Number(digits), "byte")}`);
  }
  const value = Number(digits) * (SIZE_UNITS[unit ?? ""] ?? NaN);
  if (!Number.isInteger(value)) {
    throw new UnitError(`${quote(text)} is not a size: write 1400 bytes or 64KiB`);
  }
  return atMost(value, text, "a size", `${SEQ_MAX} bytes`);
}

/** As `parseSize` reads it, exactly: `4MiB`, `208KiB` or `1400 bytes`. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return plural(bytes, "byte");
}

/** `3 packets` to their number. */
export function parsePackets(text: string): number {
  const [, amount] = /^(\S+)\s+packets?$/.exec(text.trim()) ?? [];
  if (amount !== undefined) return parseCount(amount);
  if (/^\d+$/.test(text.trim())) {
    throw new UnitError(`${quote(text)} has no unit: write ${plural(Number(text), "packet")}`);
  }
  throw new UnitError(`${quote(text)} is not a number of packets: write it like 3 packets`);
}

/** A place on the network. IPv4 only. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:7000` or `localhost:7000`. */
export function parseEndpoint(text: string): Endpoint {
  const [, host, digits] = /^([A-Za-z0-9.-]+):(\d+)$/.exec(text.trim()) ?? [];
  if (host === undefined) {
    throw new UnitError(`${quote(text)} is not host:port: write it like 127.0.0.1:7000`);
  }
  if (/^[\d.]+$/.test(host)) checkAddress(host, text);
  return { host: host === "localhost" ? "127.0.0.1" : host, port: checkPort(Number(digits), text) };
}

/** A multicast group and its port: `239.192.1.1:6000`. */
export function parseGroup(text: string): Endpoint {
  const [, host, digits] = /^([\d.]+):(\d+)$/.exec(text.trim()) ?? [];
  if (host === undefined) {
    throw new UnitError(`${quote(text)} is not group:port: write it like 239.192.1.1:6000`);
  }
  const [first = 0, ...rest] = checkAddress(host, text);
  if (first < 224 || first > 239) {
    throw new UnitError(
      `${quote(text)} is not a multicast group: take one from 239.0.0.0 to 239.255.255.255`,
    );
  }
  if (first === 224 && rest[0] === 0 && rest[1] === 0) {
    throw new UnitError(
      `${quote(text)} is in 224.0.0.0/24, which routers keep for themselves: ` +
        `take a group from 239.0.0.0 to 239.255.255.255`,
    );
  }
  return { host, port: checkPort(Number(digits), text) };
}

/** The IPv4 address of one machine: `10.0.0.1`. */
export function parseHost(text: string): string {
  const host = text.trim();
  const [first = 0] = checkAddress(host, text, "10.0.0.1");
  if (first === 0 || first > 223) {
    throw new UnitError(`${quote(text)} is no machine's address: write one like 10.0.0.1`);
  }
  return host;
}

/** The address of an interface that is the same on every machine: an address, or the loopback. */
export function addressOf(interfaceName: string): string | undefined {
  if (interfaceName === "lo") return "127.0.0.1";
  return /^[\d.]+$/.test(interfaceName) ? interfaceName : undefined;
}

/** As `parseEndpoint` reads it: `239.192.1.1:6000`. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

function checkAddress(host: string, whole: string, example = "239.192.1.1"): number[] {
  const bytes = host.split(".");
  if (bytes.length !== 4 || !bytes.every((b) => /^\d{1,3}$/.test(b) && Number(b) <= 255)) {
    throw new UnitError(
      `${quote(whole)} has no IPv4 address: write four numbers from 0 to 255, like ${example}`,
    );
  }
  if (bytes.some((byte) => byte.length > 1 && byte.startsWith("0"))) {
    // Some programs take such numbers for octal: nobody could say which machine is meant.
    const plain = bytes.map(Number).join(".");
    throw new UnitError(`${quote(whole)} has a number that begins with 0: write ${plain}`);
  }
  return bytes.map(Number);
}

function checkPort(port: number, whole: string): number {
  if (port < 1 || port > 65535) {
    throw new UnitError(`${quote(whole)} has port ${port}: write one from 1 to 65535`);
  }
  return port;
}

function atMost(value: number, text: string, what: string, most: string): number {
  if (value > SEQ_MAX) {
    throw new UnitError(`${quote(text)} is too large for ${what}: write ${most} or less`);
  }
  return value;
}

/** `1 packet`, `2 packets`. */
export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The text in quotes, cut when it is long. */
export function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(shown);
}
