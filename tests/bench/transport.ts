/**
 * How fast packets travel on each path and runtime, against C doing the same: figures, not a test.
 * Linux alone; takes two to three minutes. Everybody takes turns, and medians are shown.
 *
 *     bun tests/bench/transport.ts [rounds, 3 unless told otherwise]
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { deferred } from "../../modules/core/deferred.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { findDeno } from "../support/deno.ts";
import type { Batch, LineAddress, TransportChoice } from "../../modules/worlds/world.ts";

const SELF = fileURLToPath(import.meta.url);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BATCH = 256;
const BATCHES = 16;

/** Asked for by every receiver. */
const RECEIVE_BUFFER = 8 * 1024 * 1024;

/** When nothing has come for so long, the rest is lost. In milliseconds. */
const SILENCE_MS = 400;
const IDLE_S = 20;

/** Longer than any of it takes. */
const TIMEOUT_MS = 40_000;

interface Figures {
  readonly packets: number;
  readonly gaps: number;
  readonly seconds: number;
}

/** Who sends or receives: how it is started, before the place and the packets are named. */
interface Rival {
  readonly name: string;
  readonly command: readonly string[];
  readonly fast: boolean;
}

/** One end of a line, in a process of its own. */
async function act(role: "send" | "recv", words: readonly string[]): Promise<void> {
  const [transport = "", host = "", port = "", count = "", size = ""] = words;
  const world = openLiveWorld({ transport: transport as TransportChoice });
  const line: LineAddress = {
    group: { host, port: Number(port) },
    interface: "lo",
    ttl: 1,
    receiveBuffer: RECEIVE_BUFFER,
  };
  const figures =
    role === "send"
      ? await sendAll(world, line, Number(count), Number(size))
      : await receiveAll(world, line, Number(count));
  console.log(JSON.stringify(figures));
}

type World = ReturnType<typeof openLiveWorld>;

async function sendAll(
  { transport }: World,
  line: LineAddress,
  count: number,
  size: number,
): Promise<Figures> {
  let room = deferred();
  const sender = await transport.publish(line, {
    drained: () => room.resolve(),
    failed: (reason) => console.error(reason),
  });
  const batches = makeBatches(size);
  const began = performance.now();
  let seq = 0;
  for (let turn = 0; seq < count; turn++) {
    const batch = batches[turn % BATCHES]!;
    const { slab, ends } = batch;
    for (let i = 0, at = 0; i < BATCH; at = ends[i++]!) {
      slab[at] = seq;
      slab[at + 1] = seq >> 8;
      slab[at + 2] = seq >> 16;
      slab[at + 3] = seq >> 24;
      seq++;
    }
    for (let sent = 0; sent < BATCH;) {
      room = deferred();
      sent += sender.send(sent === 0 ? batch : restOf(batch, sent));
      if (sent < BATCH) await room.promise;
    }
  }
  await sender.close();
  return { packets: seq, gaps: 0, seconds: (performance.now() - began) / 1000 };
}

async function receiveAll(
  { transport }: World,
  line: LineAddress,
  count: number,
): Promise<Figures> {
  const over = deferred();
  let [packets, gaps, next, began, last] = [0, 0, 0, 0, 0];
  const subscription = await transport.subscribe(line, (bytes) => {
    if (packets === 0) began = performance.now();
    const seq = bytes[0]! + bytes[1]! * 2 ** 8 + bytes[2]! * 2 ** 16 + bytes[3]! * 2 ** 24;
    if (seq !== next) gaps++;
    next = seq + 1;
    packets++;
    if (packets === count) {
      last = performance.now();
      over.resolve();
    }
  });
  console.log("ready");
  let before = 0;
  const watch = setInterval(() => {
    if (packets > 0 && packets === before) {
      last = performance.now() - SILENCE_MS;
      over.resolve();
    }
    before = packets;
  }, SILENCE_MS);
  await over.promise;
  clearInterval(watch);
  await subscription.close();
  return { packets, gaps, seconds: (last - began) / 1000 };
}

/** Packets of one size, or with 0 of 36 to 512 bytes. */
function makeBatches(size: number): Batch[] {
  let state = 1;
  const mixed = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return 36 + ((state >>> 16) % 477);
  };
  return Array.from({ length: BATCHES }, () => {
    let end = 0;
    const ends = Int32Array.from({ length: BATCH }, () => (end += size === 0 ? mixed() : size));
    return { slab: new Uint8Array(end), ends, count: BATCH };
  });
}

function restOf({ slab, ends, count }: Batch, from: number): Batch {
  const start = ends[from - 1]!;
  return {
    slab: slab.subarray(start),
    ends: ends.slice(from).map((end) => end - start),
    count: count - from,
  };
}

async function compare(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-bench-"));
  try {
    const rivals = [...cRivals(folder), ...ourRivals()];
    for (const size of [512, 0]) {
      console.log(`\n${size === 0 ? "36 to 512 bytes, mixed" : `${size} bytes each`}`);
      await race(rivals, size, rounds);
    }
    await idle();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function cRivals(folder: string): Rival[] {
  const program = join(folder, "transport");
  const source = fileURLToPath(new URL("transport.c", import.meta.url));
  const { status } = spawnSync("cc", ["-O2", "-o", program, source], { stdio: "inherit" });
  if (status !== 0) {
    console.log("no C compiler: nothing to compare with");
    return [];
  }
  return [
    { name: "C: send, recv", command: [program, "plain"], fast: false },
    { name: "C: trains, or sendmmsg", command: [program, "train"], fast: true },
  ];
}

const DENO = findDeno() ?? "deno";

/** How a program is run by each runtime that is there. */
const RUNTIMES = [
  ["bun", ["bun"]],
  ["deno", [DENO, "run", "-A", "--quiet", "--no-check"]],
] as const;

function runtimes(): (typeof RUNTIMES)[number][] {
  return RUNTIMES.filter(([, [program]]) => spawnSync(program, ["--version"]).status === 0);
}

function ourRivals(): Rival[] {
  return runtimes().flatMap(([runtime, command]) =>
    (["portable", "linux"] as const).map((path) => ({
      name: `${runtime}: ${path}`,
      command: [...command, SELF, path],
      fast: path === "linux",
    })),
  );
}

/** Each rival in turn, and that so many times. */
async function race(rivals: readonly Rival[], size: number, rounds: number): Promise<void> {
  const alone = rivals.map((): number[] => []);
  const through = rivals.map((): { rate: number; lost: number }[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { command, fast }] of rivals.entries()) {
      const count = BATCH * (!fast ? 600 : size === 0 ? 1200 : 10_000);
      const words = (): string[] => [...aPlace(), `${count}`, `${size}`];
      const sent = await figuresOf(start(command, "send", words()));
      alone[i]!.push(sent.packets / sent.seconds);
      const same = words();
      const receiver = start(command, "recv", same);
      await said(receiver, "ready");
      const came = figuresOf(receiver);
      await figuresOf(start(command, "send", same));
      const { packets, seconds } = await came;
      through[i]!.push({ rate: packets / seconds, lost: 1 - packets / count });
    }
  }
  const rate = (perSecond: number): string => `${(perSecond / 1e6).toFixed(3)} M/s`.padStart(12);
  const share = (part: number): string => `${(100 * part).toFixed(1)} %`.padStart(8);
  console.log(
    `${"".padEnd(24)}${"sent".padStart(12)}${"received".padStart(12)}${"lost".padStart(8)}`,
  );
  for (const [i, { name }] of rivals.entries()) {
    const received = rate(median(through[i]!.map((one) => one.rate)));
    const lost = share(median(through[i]!.map((one) => one.lost)));
    console.log(`${name.padEnd(24)}${rate(median(alone[i]!))}${received}${lost}`);
  }
}

/** What `listen` costs when nothing comes. */
async function idle(): Promise<void> {
  console.log(`\nlisten, with nothing to hear, over ${IDLE_S} s`);
  for (const [runtime, [program, ...words]] of runtimes()) {
    for (const path of ["portable", "linux"]) {
      const [host, port] = aPlace();
      const own = ["--group", `${host}:${port}`, "--transport", path, "--recovery", "none", "-q"];
      const child = run(program, [...words, join(ROOT, "cli.ts"), "listen", ...own]);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const before = cpuSeconds(child.pid!);
      await new Promise((resolve) => setTimeout(resolve, IDLE_S * 1000));
      const used = (cpuSeconds(child.pid!) - before) / IDLE_S;
      console.log(`${`${runtime}: ${path}`.padEnd(24)}${(100 * used).toFixed(2)} % of a core`);
      child.kill("SIGINT");
      await ended(child);
    }
  }
}

/** See proc_pid_stat(5): the fields after the name, of which the 12th and 13th are in ticks. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function start(
  [program, ...before]: readonly string[],
  role: string,
  words: string[],
): ChildProcess {
  const mode = before.at(-1)!;
  return run(program!, [...before.slice(0, -1), role, mode, ...words]);
}

function run(program: string, words: readonly string[]): ChildProcess {
  return spawn(program, words, {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: TIMEOUT_MS,
    cwd: ROOT,
  });
}

const texts = new WeakMap<ChildProcess, { text: string; changed: () => void }>();

/** What a process has written, from when it is first asked for. */
function output(child: ChildProcess): { text: string; changed: () => void } {
  let known = texts.get(child);
  if (known === undefined) {
    const fresh = { text: "", changed: (): void => {} };
    child.stdout!.on("data", (bytes) => {
      fresh.text += String(bytes);
      fresh.changed();
    });
    texts.set(child, (known = fresh));
  }
  return known;
}

function said(child: ChildProcess, word: string): Promise<void> {
  const written = output(child);
  return new Promise((resolve, reject) => {
    written.changed = () => {
      if (written.text.includes(word)) resolve();
    };
    child.once("close", () => reject(new Error(`it ended before it said ${word}`)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once("close", () => resolve()));
}

async function figuresOf(child: ChildProcess): Promise<Figures> {
  const written = output(child);
  await ended(child);
  return JSON.parse(written.text.trim().split("\n").at(-1)!) as Figures;
}

function aPlace(): [host: string, port: string] {
  const below = (limit: number): number => Math.floor(Math.random() * limit);
  return [`239.255.${below(256)}.${1 + below(254)}`, `${10_000 + below(20_000)}`];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const [role, ...rest] = process.argv.slice(2);
if (role === "send" || role === "recv") await act(role, rest);
else await compare(Number(role ?? 3));
