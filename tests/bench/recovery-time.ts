/**
 * How long a gap is open on loopback, beside bare round trips of the same kind that were made between
 * the gaps: figures, not a test.
 *
 * Many gaps come before those that count, and as many round trips: a program that has just begun is
 * slow whatever it does, and that is not what is asked here.
 *
 *     bun tests/bench/recovery-time.ts [gaps of each protocol, 300 unless told otherwise]
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import process from "node:process";
import type { FeedEvent } from "../../modules/core/events.ts";
import { Histogram } from "../../modules/core/histogram.ts";
import { formatEndpoint, parseCount } from "../../modules/core/units.ts";
import { createFeed, createListener, type FeedInput, openWorld } from "../../modules/mod.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

const ASK = new TextEncoder().encode("GET SEQ:12345678901\n");
const EVERY = 5;

/** A request and its answer, without anything around them. */
interface Trip {
  readonly name: string;
  go(): Promise<void>;
}

const world = openWorld("real");
const { clock } = world;

/** A connection for each request, both ended after it, as the demo has it. */
async function connecting(): Promise<Trip> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => {});
    socket.on("end", () => socket.end(ASK));
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  server.unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    name: "connect + request + answer",
    go: () =>
      new Promise((resolve) => {
        const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        socket.setNoDelay(true);
        socket.on("connect", () => socket.end(ASK));
        socket.on("data", () => {});
        socket.on("end", resolve);
      }),
  };
}

async function kept(): Promise<Trip> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => socket.write(ASK));
  }).listen(0, "127.0.0.1");
  server.unref();
  await once(server, "listening");
  const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  socket.setNoDelay(true);
  await once(socket, "connect");
  return {
    name: "request + answer, kept",
    go: () =>
      new Promise((resolve) => {
        socket.once("data", () => resolve());
        socket.write(ASK);
      }),
  };
}

/** Asked on a connection that is kept, answered by a datagram, as where repairs are for all. */
async function mixed(): Promise<Trip> {
  const heard = createSocket("udp4").setMaxListeners(0);
  heard.bind(0, "127.0.0.1");
  await once(heard, "listening");
  const { port } = heard.address();
  const repairs = createSocket("udp4");
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => repairs.send(ASK, port, "127.0.0.1"));
  }).listen(0, "127.0.0.1");
  server.unref();
  await once(server, "listening");
  const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  socket.setNoDelay(true);
  await once(socket, "connect");
  return {
    name: "a TCP request, kept, answered by a datagram",
    go: () =>
      new Promise((resolve) => {
        heard.once("message", () => resolve());
        socket.write(ASK);
      }),
  };
}

/** Asked and answered by datagram from one socket, as MoldUDP64 has it. */
async function datagrams(): Promise<Trip> {
  const server = createSocket("udp4");
  server.on("message", (_bytes, { port, address }) => server.send(ASK, port, address));
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const socket = createSocket("udp4").setMaxListeners(0);
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    name: "a UDP request and its answer, kept",
    go: () =>
      new Promise((resolve) => {
        socket.once("message", () => resolve());
        socket.send(ASK, port, "127.0.0.1");
      }),
  };
}

const trips = {
  connecting: await connecting(),
  kept: await kept(),
  datagrams: await datagrams(),
  mixed: await mixed(),
};
const gaps = parseCount(process.argv[2] ?? "300");

const group = (): string => formatEndpoint(aLine().group);

/** Each with the round trip that it cannot be faster than. */
const cases: readonly {
  readonly name: string;
  readonly trips: readonly Trip[];
  readonly feed: Partial<FeedInput["feed"]>;
  readonly recovery: object;
}[] = [
  { name: "demo", trips: [trips.connecting], feed: {}, recovery: {} },
  {
    name: "soupbintcp",
    trips: [trips.connecting],
    feed: { protocol: "moldudp64" },
    recovery: { protocol: "soupbintcp" },
  },
  { name: "moldudp64", trips: [trips.datagrams], feed: { protocol: "moldudp64" }, recovery: {} },
  {
    name: "nyse_xdp",
    trips: [trips.kept, trips.mixed],
    feed: { protocol: "nyse_xdp" },
    recovery: { repairs: group() },
  },
];

const us = (ns: number): string => `${(ns / 1000).toFixed(0).padStart(5)} us`;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Gaps before those that count, and the time between their messages. */
const WARM = { gaps: 2000, interval: "200us" };
/** Time for a gap to be filled, and for the round trips after it. */
const CALM = "3ms";

/** Makes so many gaps, calls back when one was filled so long after it was noticed, and lists stages. */
async function run(
  { feed, recovery }: (typeof cases)[number],
  gaps: number,
  interval: string,
  filled: (ns: number) => void,
): Promise<[stage: string, times: Histogram][]> {
  const detected = new Map<number, number>();
  const lines = { A: { group: group() } };
  const at = { listen: formatEndpoint(anAddress()), ...recovery };
  const settled = Promise.withResolvers<void>();
  let count = 0;
  const observe = (event: FeedEvent): void => {
    if (event.event === "gap") detected.set(event.from, event.atNs);
    if (event.event !== "filled") return;
    const since = detected.get(event.from);
    if (since === undefined) return;
    filled(event.atNs - since);
    if (++count === gaps) settled.resolve();
  };
  const messages = EVERY * (gaps + 1) + 1;
  await using publisher = await createFeed(
    {
      feed: { messages, interval, ...feed },
      lines,
      recovery: at,
      impair: [{ drop: { every: EVERY } }],
    },
    { world },
  );
  await using listener = await createListener(
    { feed: { messages, ...feed }, lines, recovery: at },
    { world, observe },
  );
  publisher.start();
  await settled.promise;
  return Object.entries(listener.recovery!.times) as [string, Histogram][];
}

for (const one of cases) {
  await run(one, WARM.gaps, WARM.interval, () => {});
  for (const trip of one.trips) for (let i = 0; i < WARM.gaps; i++) await trip.go();
  const bare = one.trips.map((trip) => ({ trip, times: new Histogram() }));
  const open = new Histogram();
  const stages = await run(one, gaps, CALM, (ns) => {
    open.record(ns);
    // Between two gaps, when nothing else goes on.
    setTimeout(() => {
      void (async () => {
        for (const { trip, times } of bare) {
          const start = clock.now();
          await trip.go();
          times.record(clock.now() - start);
        }
      })();
    }, 2);
  });
  const [p50, p99] = [open.percentile(0.5), open.percentile(0.99)];
  say(`${one.name}: ${open.count} gaps`);
  say(`  detected to filled   p50 ${us(p50)}, p99 ${us(p99)}`);
  for (const { trip, times } of bare) {
    const [bare50, bare99] = [times.percentile(0.5), times.percentile(0.99)];
    say(`  bare round trip      p50 ${us(bare50)}, p99 ${us(bare99)}: ${trip.name}`);
    say(
      `  that many times      p50 ${(p50 / bare50).toFixed(2)}, p99 ${(p99 / bare99).toFixed(2)}`,
    );
  }
  const text = stages.map(([stage, times]) => `${stage} ${us(times.percentile(0.5)).trim()}`);
  say(`  stages, p50          ${text.join(", ")}`);
}
process.exit(0);
