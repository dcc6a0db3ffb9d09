/**
 * A feed with losses whose recovery server is killed and started again all the time, over a store that
 * the publisher keeps: three processes, and a listener in this one that compares every message.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { FeedEvent } from "../../modules/core/events.ts";
import { createRng, type Rng } from "../../modules/core/rng.ts";
import type { Seq } from "../../modules/core/seq.ts";
import { formatEndpoint } from "../../modules/core/units.ts";
import { createListener, type Delivered, openWorld } from "../../modules/mod.ts";
import { Programs } from "./program.ts";
import { aLine, anAddress } from "./transport-conformance.ts";

/** What a soak is made of. */
export interface SoakOptions {
  /** How lost messages are asked for: a feed of MoldUDP64 has both of these. */
  readonly recovery: "soupbintcp" | "moldudp64";
  /** As `--store` has it, without the path. */
  readonly store: string;
  /** Messages a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly seed: string;
  /** A server lives at least so long, and up to three times as long. */
  readonly lifeMs: number;
}

/** What came of a soak. */
export interface SoakFigures {
  readonly published: number;
  readonly delivered: number;
  /** The first thing that was delivered twice, too early, or not as it was published. */
  readonly wrong: string | undefined;
  readonly lost: number;
  /** The first reasons why messages were given up. */
  readonly lostWhy: readonly string[];
  readonly gaps: number;
  readonly missing: number;
  readonly filledByRecovery: number;
  readonly kills: number;
  readonly requests: number;
  readonly retries: number;
  readonly unreachable: number;
  readonly wrongAnswers: number;
  /** What requests failed of, and how many messages were in those, by reason. */
  readonly failures: ReadonlyMap<string, number>;
  readonly kernelDrops: number | undefined;
  /** The longest time that a message was known to be missing. */
  readonly openMaxMs: number;
  readonly openP50Ms: number;
  readonly openP99Ms: number;
  readonly rssMaxBytes: number;
}

const MESSAGE_BYTES = 48;

/** After the feed has ended, what is still missing has so long to come. */
const REST_MS = 20_000;

/** Before a server that could not start is started again. */
const AGAIN_MS = 50;

/** Message `seq` of the counter source, from what its documentation says. */
export function counterMessage(seq: Seq, bytes: number = MESSAGE_BYTES): Uint8Array {
  const message = new Uint8Array(bytes);
  new DataView(message.buffer).setBigUint64(0, BigInt(seq));
  for (let i = 8; i < bytes; i++) {
    const turned = Math.floor(i / 8) % 2 === 1 ? 0xff : 0;
    message[i] = message[i % 8]! ^ turned;
  }
  return message;
}

/** Follows what is delivered: nothing twice, nothing left out, nothing changed. */
export class Checker {
  next: Seq;
  wrong: string | undefined;

  constructor(first: Seq) {
    this.next = first;
  }

  onMessage({ seq, bytes, via }: Delivered): void {
    if (seq !== this.next) this.wrong ??= `SEQ:${seq} by ${via}, where ${this.next} was expected`;
    else if (!sameBytes(bytes, counterMessage(seq))) {
      this.wrong ??= `SEQ:${seq} by ${via} is not what was published`;
    }
    this.next = seq + 1;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** How long messages were missing, from what a listener tells. */
class OpenTimes {
  readonly durations: number[] = [];
  #since = new Map<Seq, number>();

  observe(event: FeedEvent): void {
    if (event.event === "gap") {
      for (let seq = event.from; seq < event.until; seq++) this.#since.set(seq, event.atNs);
    } else if (event.event === "filled" || event.event === "lost") {
      for (let seq = event.from; seq < event.until; seq++) {
        const since = this.#since.get(seq);
        if (since !== undefined) this.durations.push(event.atNs - since);
        this.#since.delete(seq);
      }
    }
  }

  /** In milliseconds. */
  percentile(share: number): number {
    const sorted = this.durations.toSorted((a, b) => a - b);
    return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / 1e6;
  }
}

/** Starts recovery servers one after the other, each killed after a while, until it is told to stop. */
class Killer {
  kills = 0;
  readonly done: Promise<void>;
  #stop: () => void = () => {};
  #stopped: Promise<void>;
  #over = false;

  constructor(programs: Programs, words: string, lifeMs: number, rng: Rng) {
    this.#stopped = new Promise((resolve) => (this.#stop = resolve));
    this.done = this.#run(programs, words, lifeMs, rng);
  }

  /** No more kills: whoever lives now stays. */
  stop(): void {
    this.#over = true;
    this.#stop();
  }

  async #run(programs: Programs, words: string, lifeMs: number, rng: Rng): Promise<void> {
    while (true) {
      const server = programs.start(words, { limitMs: 10 * lifeMs + 2 * REST_MS });
      // The first ones may find no store yet; those end by themselves.
      const up = await Promise.race([server.ready(), server.ended]).catch(() => undefined);
      if (up !== server) {
        if (this.#over) return;
        await wait(AGAIN_MS);
        continue;
      }
      await soonOr(this.#stopped, lifeMs * (1 + 2 * rng.float()));
      if (this.#over) return;
      await server.stop();
      this.kills++;
    }
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for something to happen, but no longer than that. */
function soonOr(event: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void event.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Publishes, loses, kills, and tells what came of it. */
export async function soak(options: SoakOptions): Promise<SoakFigures> {
  const { rate, seconds, seed, lifeMs } = options;
  const messages = Math.round(rate * seconds);
  const programs = new Programs();
  const folder = mkdtempSync(join(tmpdir(), "feedlab-soak-"));
  const store = `${options.store}:${join(folder, "feed")}`;
  const group = formatEndpoint(aLine().group);
  const address = formatEndpoint(anAddress());
  const limitMs = seconds * 2000 + REST_MS;
  const checker = new Checker(1);
  const times = new OpenTimes();
  const failures = new Map<string, number>();
  const lostWhy: string[] = [];
  let rssMaxBytes = 0;
  let killer: Killer | undefined;
  let arrived: () => void = () => {};
  const all = new Promise<void>((resolve) => (arrived = resolve));
  const listener = await createListener(
    {
      feed: { messages, protocol: "moldudp64" },
      lines: { A: { group } },
      recovery: { listen: address, protocol: options.recovery },
      listen: { silence: "10m" },
    },
    {
      world: openWorld("real"),
      deliver: (message) => checker.onMessage(message),
      observe: (event) => {
        times.observe(event);
        if (event.event === "lost" && lostWhy.length < 10) {
          lostWhy.push(`${event.from}..${event.until - 1}: ${event.reason}`);
        }
        if (event.event === "recovery-failed") {
          const reason = event.reason.replace(/\d+/g, "N");
          const before = failures.get(reason) ?? 0;
          failures.set(reason, before + event.until - event.from);
        }
      },
    },
  );
  listener.onProgress = () => {
    const { delivered, lost } = listener.totals;
    if (delivered + lost >= messages) arrived();
  };
  const memory = setInterval(() => {
    rssMaxBytes = Math.max(rssMaxBytes, process.memoryUsage().rss);
  }, 250);
  try {
    const recover = `recover --listen ${address} --recovery-protocol ${options.recovery}`;
    const words = `${recover} --store ${store} --output json`;
    const serve = programs.start(
      `serve --protocol moldudp64 --group ${group} ` +
        `--source 'counter: { size: ${MESSAGE_BYTES} bytes }' ` +
        `--rate ${rate}/s --messages ${messages} --drop chance:2% --seed ${seed} ` +
        `--heartbeat 100ms --end-of-session --store ${store} --output json --quiet`,
      { limitMs },
    );
    killer = new Killer(programs, words, lifeMs, createRng(seed).fork("kills"));
    const { code, err } = await serve.ended;
    if (code !== 0) throw new Error(`the publisher ended with ${code}: ${err.join("\n")}`);
    await soonOr(all, REST_MS);
    killer.stop();
    await killer.done;
    const { totals, lines } = listener;
    return {
      published: messages,
      delivered: totals.delivered,
      wrong: checker.wrong,
      lost: totals.lost,
      lostWhy,
      gaps: totals.gaps,
      missing: totals.missing,
      filledByRecovery: totals.filledByRecovery,
      kills: killer.kills,
      requests: totals.requests,
      retries: totals.retries,
      unreachable: totals.unreachable,
      wrongAnswers: listener.recovery!.wrongAnswers,
      failures,
      kernelDrops: lines[0]!.kernelDrops,
      openMaxMs: times.percentile(1),
      openP50Ms: times.percentile(0.5),
      openP99Ms: times.percentile(0.99),
      rssMaxBytes,
    };
  } finally {
    clearInterval(memory);
    killer?.stop();
    await listener.close();
    await programs.stop();
    await killer?.done;
    rmSync(folder, { recursive: true, force: true });
  }
}
