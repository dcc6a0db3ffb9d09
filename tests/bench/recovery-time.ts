/**
 * How long a gap is open on loopback, beside bare round trips of the same kind that were made between
 * the gaps: figures, not a test. The feed, its recovery server and whoever answers the bare trips are in
 * one process; the listener and whoever asks are in another, as in a trading room.
 *
 * Many gaps come before those that count, and as many round trips: a program that has just begun is
 * slow whatever it does, and that is not what is asked here. Those that count are measured twice, in a feed
 * of a thousand messages a second and in one of a third as many.
 *
 *     bun tests/bench/recovery-time.ts [gaps of each protocol, 300 unless told otherwise]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FeedEvent } from "../../modules/core/events.ts";
import { Histogram } from "../../modules/core/histogram.ts";
import { formatEndpoint, parseCount } from "../../modules/core/units.ts";
import { createFeed, createListener, openWorld } from "../../modules/mod.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";
import {
  answerTrips,
  connectingTrip,
  datagramTrip,
  heardAt,
  keptTrip,
  mixedTrip,
  type Trip,
  type TripPorts,
} from "./trips.ts";

const SELF = fileURLToPath(import.meta.url);

/** One message in so many is lost. */
const EVERY = 5;

/** Gaps before those that count, and the time between their messages. */
const WARM = { gaps: 2000, interval: "200us" };
/**
 * The time between the messages of those that count: time for a gap to be filled, and for the round trips
 * after it. When less comes, the machine falls asleep in between and is slow at first: that is told too.
 */
const INTERVALS = ["1ms", "3ms"];
/** After a gap was filled, its round trips wait so long, in milliseconds. */
const AFTER_MS = 2;

/** A feed as the library takes it, but for what differs between both ends. */
interface Setting {
  readonly feed: Record<string, unknown>;
  readonly lines: Record<string, { readonly group: string }>;
  readonly recovery: { readonly listen: string };
  /** Where bare trips that are answered by datagram are answered. */
  readonly repairs: number;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The process that publishes and answers, until it is ended. */
async function serve({ feed, lines, recovery, repairs }: Setting): Promise<void> {
  const world = openWorld("real");
  const ports = await answerTrips(repairs);
  const publisher = await createFeed(
    { feed, lines, recovery, impair: [{ drop: { every: EVERY } }] },
    { world },
  );
  say(JSON.stringify(ports));
  await once(process.stdin, "data");
  publisher.start();
}

/** Each with the round trips that it cannot be faster than. */
interface Case {
  readonly name: string;
  readonly feed: Record<string, unknown>;
  readonly recovery: Record<string, unknown>;
  trips(this: void, ports: TripPorts, answered: () => Promise<void>): Promise<Trip[]>;
}

const group = (): string => formatEndpoint(aLine().group);

const cases: readonly Case[] = [
  {
    name: "demo",
    feed: {},
    recovery: {},
    trips: (ports) => Promise.resolve([connectingTrip(ports)]),
  },
  {
    name: "soupbintcp",
    feed: { protocol: "moldudp64" },
    recovery: { protocol: "soupbintcp" },
    trips: (ports) => Promise.resolve([connectingTrip(ports)]),
  },
  {
    name: "moldudp64",
    feed: { protocol: "moldudp64" },
    recovery: {},
    trips: async (ports) => [await keptTrip(ports), await datagramTrip(ports)],
  },
  {
    name: "nyse_xdp",
    feed: { protocol: "nyse_xdp" },
    recovery: { repairs: group() },
    trips: async (ports, answered) => [await keptTrip(ports), await mixedTrip(ports, answered)],
  },
];

const us = (ns: number): string => `${(ns / 1000).toFixed(0).padStart(5)} us`;

async function measure(one: Case, gaps: number, interval: string): Promise<void> {
  const { name, feed, recovery, trips } = one;
  const answers = await heardAt();
  const warm = EVERY * WARM.gaps;
  const calm = EVERY * (gaps + 1) + 1;
  const setting: Setting = {
    feed: {
      ...feed,
      phases: [
        { name: "warm", messages: warm, interval: WARM.interval },
        { name: "calm", messages: calm, interval },
      ],
    },
    lines: { A: { group: group() } },
    recovery: { listen: formatEndpoint(anAddress()), ...recovery },
    repairs: answers.port,
  };
  const server = spawn(process.execPath, [SELF, "serve", JSON.stringify(setting)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(createInterface(server.stdout), "line")) as [string];
    const bare = await trips(JSON.parse(line) as TripPorts, answers.next);
    for (const trip of bare) for (let i = 0; i < WARM.gaps; i++) await trip.go();
    const { lines } = setting;
    const figures = await follow(setting, lines, gaps, bare, () => server.stdin.write("go\n"));
    tell(`${name}, ${interval} apart`, figures);
  } finally {
    server.kill();
  }
}

interface Figures {
  readonly open: Histogram;
  readonly bare: readonly { readonly trip: Trip; readonly times: Histogram }[];
  readonly stages: readonly [stage: string, times: Histogram][];
}

/** Follows the feed, and makes a round trip of each kind some time after each gap was filled. */
async function follow(
  { feed, recovery }: Setting,
  lines: Setting["lines"],
  gaps: number,
  trips: readonly Trip[],
  start: () => void,
): Promise<Figures> {
  const world = openWorld("real");
  const { clock } = world;
  const open = new Histogram();
  const bare = trips.map((trip) => ({ trip, times: new Histogram() }));
  const detected = new Map<number, number>();
  const settled = Promise.withResolvers<void>();
  let count = 0;
  const goAround = async (): Promise<void> => {
    for (const { trip, times } of bare) {
      const since = clock.now();
      await trip.go();
      times.record(clock.now() - since);
    }
  };
  const observe = (event: FeedEvent): void => {
    if (event.event === "gap") detected.set(event.from, event.atNs);
    if (event.event !== "filled") return;
    const since = detected.get(event.from);
    if (since === undefined || ++count <= WARM.gaps) return;
    open.record(event.atNs - since);
    // Between two gaps, when nothing else goes on.
    setTimeout(() => void goAround(), AFTER_MS);
    if (open.count === gaps) setTimeout(settled.resolve, 100);
  };
  await using listener = await createListener({ feed, lines, recovery }, { world, observe });
  start();
  await settled.promise;
  return { open, bare, stages: Object.entries(listener.recovery!.times) as [string, Histogram][] };
}

function tell(name: string, { open, bare, stages }: Figures): void {
  const [p50, p99] = [open.percentile(0.5), open.percentile(0.99)];
  say(`${name}: ${open.count} gaps`);
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

const [first = "300", second = ""] = process.argv.slice(2);
if (first === "serve") await serve(JSON.parse(second) as Setting);
else {
  for (const interval of INTERVALS) {
    for (const one of cases) await measure(one, parseCount(first), interval);
  }
  process.exit(0);
}
