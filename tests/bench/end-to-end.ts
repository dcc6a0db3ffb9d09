/**
 * A whole feed at speed: MoldUDP64 with 36-byte messages over loopback multicast, some of it lost on the
 * way, the gaps found and recovered over TCP, in two processes. Figures, and exit code 1 unless every
 * message was delivered once, in order and as it was published.
 *
 *     bun tests/bench/end-to-end.ts [messages] [rate] [rule]
 *     bun tests/bench/end-to-end.ts 20M 3M/s 'drop: { chance: 1% }'
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { threadEntry } from "../../modules/commands/thread-entry.ts";
import { deferred } from "../../modules/core/deferred.ts";
import { Histogram } from "../../modules/core/histogram.ts";
import { parseCount } from "../../modules/core/units.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import type { FeedScenario } from "../../modules/scenario/feed-scenario.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { inMemory } from "../../modules/scenario/keep.ts";
import { feedParts, openListener, openRecovery } from "../../modules/scenario/open.ts";
import { chooseThread } from "../../modules/scenario/thread/own-thread.ts";
import { MemoryReader } from "../../modules/stores/memory-reader.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

const SELF = fileURLToPath(import.meta.url);
const MESSAGE_BYTES = 36;
/** What fits into a packet of 1472 bytes. */
const BATCH = 38;
const SEED = "20261122";
/** Messages that the recovery server can still send. */
const RETAIN = 4_000_000;
/** Messages before those that are measured, faster and faster: a program is slow until it is compiled. */
const WARM = 12_000_000;
/** When nothing has come for so long, nothing will. In milliseconds. */
const SILENCE_MS = 3000;

/** One run. */
interface Run {
  readonly messages: string;
  readonly rate: string;
  readonly rule: string;
  readonly group: string;
  readonly recovery: string;
}

/** What a role has to say when it is done. */
interface Figures {
  readonly messages: number;
  readonly seconds: number;
  readonly checksum: number;
  readonly [more: string]: unknown;
}

function feedOf({ messages, rate, rule, group, recovery }: Run): FeedScenario {
  const rampTo = rate === "max" ? "10M/s" : rate;
  const text = `
feedlab: 1
name: end to end
seed: ${SEED}
feed:
  protocol: moldudp64
  session: FEEDLAB001
  source: { counter: { size: ${MESSAGE_BYTES} bytes } }
  batch: { messages: ${BATCH} }
  phases:
    - { name: warm, rate: { from: 200k/s, to: ${rampTo} }, messages: ${WARM} }
    - { name: full, rate: ${rate}, messages: ${messages} }
  heartbeat: 20ms
  end_of_session: { count: 3, every: 20ms }
lines: { A: { group: "${group}" } }
impair: [${rule === "" ? "" : `{ ${rule} }`}]
recovery: { listen: "${recovery}", protocol: soupbintcp }
listen:
  receive_buffer: 256MiB
  recover: { max_in_flight: 64, timeout: 2s, retries: 20 }
`;
  const { scenario, problems } = loadScenario(text, "end-to-end.yaml");
  if (scenario === undefined) throw new Error(formatProblems(problems));
  return scenario.feeds[0];
}

/** Order matters, and so does every byte: the sum of numbers each multiplied by its place. */
class Checksum {
  value = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    let { value } = this;
    // Messages are a multiple of four bytes long.
    for (let at = start; at < end; at += 4) {
      const word =
        bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      value = (Math.imul(value, 31) + word) | 0;
    }
    this.value = value;
  }
}

/** Publishes and answers as `feedlab serve` does: the publisher has a thread of its own. */
async function publish(run: Run): Promise<Figures> {
  const world = openLiveWorld({ thread: threadEntry() });
  const feed = feedOf(run);
  const parts = feedParts(feed, SEED, world.clock.epochMs);
  const needs = { store: inMemory, retain: RETAIN, snapshots: false };
  const { own: thread, reason } = await chooseThread(world, feed, needs);
  if (thread === undefined) throw new Error(`the publisher has no thread: ${reason}`);
  const store = new MemoryReader(thread.memory);
  const server = await openRecovery(world, feed.recovery!, parts, store, () => {}, feed.lines);
  const publisher = await thread.open({
    seed: SEED,
    observePackets: false,
    watch: { observe: () => {} },
  });
  await said("go");
  const busy = process.cpuUsage();
  const began = performance.now();
  publisher.start();
  await publisher.done;
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(busy);
  const { lateness, counts } = publisher;
  const figures = {
    messages: publisher.next - parts.first,
    seconds,
    cpu: (user + system) / 1e6,
    lateP99Ms: lateness.percentile(0.99) / 1e6,
    dropped: counts[0]?.[0]?.hits,
  };
  say({ ended: true });
  // There may be gaps until then.
  await said("stop");
  // The same messages once more, for the sum.
  const source = parts.createSource();
  const message = new Uint8Array(MESSAGE_BYTES);
  const sum = new Checksum();
  for (let seq = parts.first; seq < publisher.next; seq++) {
    sum.add(message, 0, source.write(seq, message, 0));
  }
  await publisher.close();
  await server.close();
  return { ...figures, checksum: sum.value, requests: server.requests, answered: server.answered };
}

async function listen(run: Run): Promise<Figures> {
  const world = openLiveWorld();
  const feed = feedOf(run);
  const parts = feedParts(feed, SEED, world.clock.epochMs);
  const sum = new Checksum();
  const all = WARM + parseCount(run.messages);
  const over = deferred();
  let next = parts.first;
  let [began, last, wrong] = [0, 0, 0];
  const listener = await openListener(world, { ...feed, listen: feed.handlers[0].listen }, parts, {
    deliver: (seq, bytes, start, end) => {
      if (seq === parts.first + WARM) began = performance.now();
      if (seq !== next) wrong++;
      next = seq + 1;
      sum.add(bytes, start, end);
      if (next === parts.first + all) {
        last = performance.now();
        over.resolve();
      }
    },
    observe: (event) => {
      if (event.event === "lost" || event.event === "malformed") wrong++;
    },
    observePackets: false,
  });
  say({ ready: true });
  const busy = process.cpuUsage();
  let before = next;
  const watch = setInterval(() => {
    if (next === before && began > 0) over.resolve();
    before = next;
  }, SILENCE_MS);
  await over.promise;
  clearInterval(watch);
  const { totals, lines } = listener;
  const { gaps, missing, requests, retries, filledByRecovery } = totals;
  const filled = listener.recovery?.times.filled ?? new Histogram();
  const figures = {
    messages: next - parts.first,
    measured: next - parts.first - WARM,
    seconds: (last - began) / 1000,
    cpu: (process.cpuUsage(busy).user + process.cpuUsage(busy).system) / 1e6,
    checksum: sum.value,
    wrong,
    gaps,
    missing,
    requests,
    retries,
    filledByRecovery,
    fillP50Ms: filled.percentile(0.5) / 1e6,
    fillP99Ms: filled.percentile(0.99) / 1e6,
    kernelDrops: lines[0]?.kernelDrops,
    rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
    next: listener.next,
  };
  await listener.close();
  return figures;
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Resolves when the driver has written this word, now or before. */
async function said(word: string): Promise<void> {
  while (!words.includes(word)) {
    spoken = deferred();
    await spoken.promise;
  }
}

let words = "";
let spoken = deferred();

/** A role in a process of its own. */
class Role {
  readonly #child: ChildProcess;
  #lines: Record<string, unknown>[] = [];
  #wake = deferred();

  constructor(role: string, run: Run) {
    this.#child = spawn(process.execPath, [SELF, role, JSON.stringify(run)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let rest = "";
    this.#child.stdout!.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) this.#lines.push(JSON.parse(line) as Record<string, unknown>);
      this.#wake.resolve();
    });
    this.#child.on("exit", (code) => {
      if (code !== 0) this.#lines.push({ failed: `the ${role} ended with code ${code}` });
      this.#wake.resolve();
    });
  }

  async hear(key: string): Promise<Record<string, unknown>> {
    for (;;) {
      const line = this.#lines.find((one) => key in one || "failed" in one);
      if (line !== undefined && "failed" in line) throw new Error(String(line["failed"]));
      if (line !== undefined) return line;
      this.#wake = deferred();
      await this.#wake.promise;
    }
  }

  tell(word: string): void {
    this.#child.stdin!.write(`${word}\n`);
  }

  end(): void {
    this.#child.kill();
  }
}

async function drive([
  messages = "5M",
  rate = "5M/s",
  rule = "drop: { chance: 1% }",
]: readonly string[]): Promise<boolean> {
  const { host, port } = aLine().group;
  const server = anAddress();
  const run: Run = {
    messages,
    rate,
    rule,
    group: `${host}:${port}`,
    recovery: `${server.host}:${server.port}`,
  };
  const listener = new Role("listen", run);
  const publisher = new Role("publish", run);
  try {
    await listener.hear("ready");
    publisher.tell("go");
    const heard = await listener.hear("messages");
    publisher.tell("stop");
    const sent = await publisher.hear("messages");
    const good =
      heard["messages"] === sent["messages"] &&
      heard["checksum"] === sent["checksum"] &&
      heard["wrong"] === 0;
    const perSecond = Number(heard["measured"]) / Number(heard["seconds"]);
    process.stdout.write(`sent  ${JSON.stringify(sent)}\nheard ${JSON.stringify(heard)}\n`);
    process.stdout.write(
      good ? `${(perSecond / 1e6).toFixed(2)} M messages/s, all once and in order\n` : "FAILED\n",
    );
    return good;
  } finally {
    listener.end();
    publisher.end();
  }
}

const [role = "", ...rest] = process.argv.slice(2);
if (role === "publish" || role === "listen") {
  process.stdin.on("data", (chunk: Buffer) => {
    words += chunk.toString();
    spoken.resolve();
  });
  const run = JSON.parse(rest[0] ?? "") as Run;
  say(await (role === "publish" ? publish(run) : listen(run)));
  process.exit(0);
} else if (!(await drive(role === "" ? [] : [role, ...rest]))) process.exitCode = 1;
