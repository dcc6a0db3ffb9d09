/** The listener is right where the program that it descends from is wrong. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { demo } from "../../modules/codecs/demo.ts";
import type { ListenerEvent } from "../../modules/core/events.ts";
import type { Seq } from "../../modules/core/seq.ts";
import { MILLISECOND, type Nanos, SECOND } from "../../modules/core/time.ts";
import { ListenerNode, type ListenerOptions } from "../../modules/nodes/listener.ts";
import { RecoveryNode } from "../../modules/nodes/recovery.ts";
import { ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { RECOVERY_DEFAULTS } from "../../modules/protocol/recovery-client.ts";
import { lineOf } from "../../modules/reports/lines.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { price } from "../../modules/sources/price.ts";
import { SourceStore } from "../../modules/stores/source.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { Sender } from "../../modules/worlds/world.ts";
import { batchOf } from "../support/packet-recorder.ts";
import { sourceDeps } from "../support/source-deps.ts";

const ADDRESS = { group: { host: "239.255.0.1", port: 6000 }, interface: "lo", ttl: 1 };
const SERVER = { host: "127.0.0.1", port: 7000 };

/** A listener in a virtual world, and a hand that sends it what a test wants. */
class Bench {
  readonly world = new SimWorld();
  readonly events: ListenerEvent[] = [];
  readonly delivered: Seq[] = [];
  readonly payloads: string[] = [];
  listener!: ListenerNode;
  #sender!: Sender;

  static async open(options: Partial<ListenerOptions> = {}): Promise<Bench> {
    const bench = new Bench();
    bench.listener = await ListenerNode.open(bench.world, {
      lines: [{ name: "A", address: ADDRESS }],
      protocol: demo.create({}, { epochMs: 0 }),
      arbiter: ARBITER_DEFAULTS,
      recovery: { server: SERVER, policy: RECOVERY_DEFAULTS },
      deliver: (seq, bytes, start, end, via) => {
        bench.delivered.push(seq);
        if (via === "line") bench.payloads.push(new TextDecoder().decode(bytes.slice(start, end)));
      },
      observe: (event) => void bench.events.push(event),
      observePackets: true,
      ...options,
    });
    bench.#sender = await bench.world.transport.publish(ADDRESS, { drained() {}, failed() {} });
    return bench;
  }

  /** A recovery server that has every number, or those of a range. */
  recover(from: Seq = 1, until: Seq = Infinity): Promise<RecoveryNode> {
    return RecoveryNode.open(this.world, {
      listen: SERVER,
      codec: demo.create({}, { epochMs: 0 }).recovery,
      store: new SourceStore(price.create({}, sourceDeps()), { from, until }),
      observe: () => {},
    });
  }

  /** A recovery server that takes its time over each answer. */
  async recoverSlowly(delay: Nanos): Promise<void> {
    const { clock, transport } = this.world;
    await transport.listen(SERVER, {
      opened() {},
      received(connection, bytes) {
        const seq = new TextDecoder().decode(bytes).slice("GET SEQ:".length);
        clock.at(clock.now() + delay, () => {
          connection.write(new TextEncoder().encode(`Recovered data for SEQ:${seq}`));
          connection.end();
        });
      },
      ended() {},
      closed() {},
    });
  }

  /** Sends packets, a millisecond apart; a number stands for the demo's packet of it. */
  async send(...packets: readonly (Seq | string)[]): Promise<void> {
    for (const packet of packets) {
      const text = typeof packet === "string" ? packet : `SEQ:${packet}|PRICE:${100 + packet}`;
      this.#sender.send(batchOf([text]));
      await this.pass(MILLISECOND);
    }
  }

  async pass(time: Nanos): Promise<void> {
    const { clock } = this.world;
    await this.world.until(
      new Promise<void>((resolve) => clock.at(clock.now() + time, () => resolve())),
    );
  }

  /** Lets time pass until nothing is missing and nothing is being asked for. */
  async rest(): Promise<void> {
    await this.world.until(
      new Promise<void>((resolve) => {
        this.listener.onProgress = () => {
          if (this.listener.settled) resolve();
        };
        this.listener.onProgress();
      }),
    );
  }

  /** The numbers of the events of this name, in the order they were told. */
  told(name: ListenerEvent["event"]): Seq[] {
    return this.events.flatMap((event) =>
      event.event === name && "until" in event
        ? Array.from({ length: event.until - event.from }, (_, i) => event.from + i)
        : [],
    );
  }

  /** What the terminal would show. */
  get lines(): string[] {
    return this.events.map((event) => lineOf(event, PLAIN)).filter((line) => line !== undefined);
  }
}

void test("every missing number of a gap is requested, not the first only", async () => {
  const bench = await Bench.open();
  await bench.recover();
  await bench.send(1, 5, 9);
  await bench.rest();
  assertEquals(bench.told("requested"), [2, 3, 4, 6, 7, 8]);
  assertEquals(bench.delivered, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(bench.listener.totals.filledByRecovery, 6);
});

void test("a late packet never moves the expected number back nor fakes a gap", async () => {
  const bench = await Bench.open({ recovery: undefined });
  await bench.send(1, 2, 3, 1, 2);
  assertEquals(bench.listener.next, 4);
  await bench.send(4, 5);
  assertEquals(bench.delivered, [1, 2, 3, 4, 5]);
  assertEquals(bench.told("gap"), []);
  assertEquals(bench.told("duplicate"), [1, 2]);
});

void test("a duplicate is delivered once and counted", async () => {
  const bench = await Bench.open({ recovery: undefined });
  await bench.send(1, 1, 2, 2, 2, 3);
  assertEquals(bench.delivered, [1, 2, 3]);
  assertEquals(bench.listener.lines[0]!.duplicates, 3);
  assertEquals(bench.told("gap"), []);
});

void test("a late packet fills its gap, and the answer that follows changes nothing", async () => {
  const bench = await Bench.open();
  await bench.recoverSlowly(100 * MILLISECOND);
  await bench.send(1, 3, 2, 4);
  assertEquals(bench.delivered, [1, 2, 3, 4]);
  await bench.rest();
  await bench.send(5);
  assertEquals(bench.delivered, [1, 2, 3, 4, 5]);
  const { gaps, filledByLine, filledByRecovery } = bench.listener.totals;
  assertEquals(
    { gaps, filledByLine, filledByRecovery },
    {
      gaps: 1,
      filledByLine: 1,
      filledByRecovery: 0,
    },
  );
});

void test("recovery never blocks receiving", async () => {
  const bench = await Bench.open();
  await bench.recoverSlowly(50 * MILLISECOND);
  await bench.send(1, 3, 4, 5, 7, 8);
  // Six milliseconds on, no answer has come, and every packet has.
  assertEquals(bench.told("received"), [1, 3, 4, 5, 7, 8]);
  assertEquals(bench.told("requested"), [2, 6]);
  assertEquals(bench.told("recovered"), []);
  assertEquals(bench.delivered, [1]);
  await bench.rest();
  assertEquals(bench.delivered, [1, 2, 3, 4, 5, 6, 7, 8]);
});

void test("Not found is a failure, and is shown as one", async () => {
  const bench = await Bench.open();
  await bench.recover(4);
  await bench.send(1, 5, 6);
  await bench.rest();
  assertEquals(bench.told("lost"), [2, 3]);
  assertEquals(bench.told("recovered"), [4]);
  assertEquals(bench.delivered, [1, 4, 5, 6]);
  assertEquals(bench.listener.totals.retries, 0);
  const shown = bench.lines.filter((line) => /^[✅❌]/u.test(line));
  assertEquals(shown, [
    "❌ No data received for SEQ:2",
    "❌ No data received for SEQ:3",
    "✅ Recovered: Recovered data for SEQ:4",
  ]);
});

void test("joining late, --start first asks for all that came before", async () => {
  const bench = await Bench.open();
  await bench.recover();
  await bench.send(6, 7);
  await bench.rest();
  assertEquals(bench.told("requested"), [1, 2, 3, 4, 5]);
  assertEquals(bench.delivered, [1, 2, 3, 4, 5, 6, 7]);
});

void test("joining late, --start now asks for nothing", async () => {
  const bench = await Bench.open({ arbiter: { ...ARBITER_DEFAULTS, start: "now" } });
  await bench.recover();
  await bench.send(6, 7, 9);
  await bench.rest();
  assertEquals(bench.told("requested"), [8]);
  assertEquals(bench.delivered, [6, 7, 8, 9]);
});

void test("joining late, --start N asks for what came from N on", async () => {
  const bench = await Bench.open({ arbiter: { ...ARBITER_DEFAULTS, start: 4 } });
  await bench.recover();
  await bench.send(6, 7);
  await bench.rest();
  assertEquals(bench.told("requested"), [4, 5]);
  assertEquals(bench.delivered, [4, 5, 6, 7]);
});

void test("joining early, --start N leaves out what comes before N", async () => {
  const bench = await Bench.open({ arbiter: { ...ARBITER_DEFAULTS, start: 4 } });
  await bench.send(2, 3, 4, 5);
  assertEquals(bench.delivered, [4, 5]);
  assertEquals(bench.told("gap"), []);
});

void test("a malformed packet is counted and shown, never fatal", async () => {
  const bench = await Bench.open();
  await bench.recover();
  const bad = ["", "garbage", "SEQ:2", "SEQ:2|PRICE:", "SEQ:two|PRICE:102", "\0\x01\xff\xfe", "\n"];
  await bench.send(1, ...bad, 2);
  assertEquals(bench.delivered, [1, 2]);
  assertEquals(bench.told("gap"), []);
  assertEquals(bench.listener.lines[0]!.malformed, bad.length);
  assertEquals(bench.listener.lines[0]!.packets, bad.length + 2);
  const shown = bench.lines.filter((line) => line.startsWith("❌ Malformed packet"));
  assertEquals(shown.length, bad.length);
  for (const line of shown) assert(!/\p{Cc}/u.test(line), JSON.stringify(line));
});

void test("one damaged number makes no gap of millions", async () => {
  const bench = await Bench.open();
  await bench.recover();
  await bench.send(1, 999_999_999, 2);
  assertEquals(bench.delivered, [1, 2]);
  assertEquals(bench.told("gap"), []);
  assertEquals(bench.listener.lines[0]!.malformed, 1);
});

void test("a recovery server that is down is retried, ever more slowly, with a bound", async () => {
  const bench = await Bench.open();
  await bench.send(1, 3);
  await bench.rest();
  const times = bench.events
    .filter(({ event }) => event === "recovery-unreachable")
    .map(({ atNs }) => atNs);
  assertEquals(times.length, RECOVERY_DEFAULTS.retries + 1);
  const waits = times.slice(1).map((at, i) => at - times[i]!);
  assertEquals(
    waits.map((wait) => Math.round(wait / MILLISECOND)),
    [100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000],
  );
  assertEquals(bench.told("lost"), [2]);
  assertEquals(bench.delivered, [1, 3]);
  assert(bench.world.clock.now() < RECOVERY_DEFAULTS.giveUp + SECOND);
});

void test("many gaps of a server that is down are given up in bounded time", async () => {
  const bench = await Bench.open();
  await bench.send(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21);
  await bench.rest();
  assertEquals(bench.told("lost").length, 10);
  assert(bench.world.clock.now() < RECOVERY_DEFAULTS.giveUp + 3 * SECOND, "took too long");
});

void test("a recovery server that comes up in time fills the gap", async () => {
  const bench = await Bench.open();
  await bench.send(1, 3);
  await bench.pass(3 * SECOND);
  assertEquals(bench.delivered, [1]);
  await bench.recover();
  await bench.rest();
  assertEquals(bench.delivered, [1, 2, 3]);
  assertEquals(bench.told("lost"), []);
});

void test("a recovery server that goes away in between is asked again", async () => {
  const bench = await Bench.open();
  const first = await bench.recover();
  await bench.send(1, 3);
  await bench.world.until(first.close());
  await bench.send(5);
  await bench.pass(SECOND);
  await bench.recover();
  await bench.rest();
  assertEquals(bench.delivered, [1, 2, 3, 4, 5]);
});

void test("a server that never answers is given up, and the next gap is filled", async () => {
  const bench = await Bench.open();
  const { transport } = bench.world;
  const silent = { opened() {}, received() {}, ended() {}, closed() {} };
  const dead = await transport.listen(SERVER, silent);
  await bench.send(1, 3);
  await bench.rest();
  assertEquals(bench.told("lost"), [2]);
  assert(
    bench.lines.includes("❌ Failed to recover SEQ:2 due to error: no answer within 1000ms"),
    bench.lines.join("\n"),
  );
  await bench.world.until(dead.close());
  await bench.recover();
  await bench.send(5);
  await bench.rest();
  assertEquals(bench.delivered, [1, 3, 4, 5]);
});

void test("what a packet carries is delivered as it came", async () => {
  const bench = await Bench.open();
  await bench.recoverSlowly(20 * MILLISECOND);
  await bench.send(1, 3, 4);
  await bench.rest();
  assertEquals(bench.payloads, ["PRICE:101", "PRICE:103", "PRICE:104"]);
});
