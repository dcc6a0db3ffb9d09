/** What exchanges have sent, through the whole of feedlab: published again, lost, recovered, judged. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { openCapture } from "../../modules/captures/reader.ts";
import { readDatagram, createDatagram } from "../../modules/captures/datagram.ts";
import { createView, type PacketCodec } from "../../modules/codecs/codec.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { nyseXdp } from "../../modules/codecs/nyse-xdp.ts";
import { formatRanges, type SeqRange } from "../../modules/core/seq.ts";
import { MILLISECOND } from "../../modules/core/time.ts";
import { ListenerNode } from "../../modules/nodes/listener.ts";
import { ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { openFile } from "../../modules/worlds/file.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { noRealData, realData } from "../support/real-data.ts";

const skip = { skip: noRealData };

interface Captured {
  readonly to: string;
  readonly payload: Uint8Array;
}

/** The payload of every UDP packet of a capture, and where it went. */
function captured(path: string): Captured[] {
  const capture = openCapture(openFile(realData(path)));
  const datagram = createDatagram();
  const all: Captured[] = [];
  while (capture.next()) {
    assertEquals(readDatagram(capture.frame, datagram), undefined);
    const { destination, destinationPort, start, end } = datagram;
    const to = `${destination}:${destinationPort}`;
    all.push({ to, payload: capture.frame.bytes.slice(start, end) });
  }
  return all;
}

/** A listener that hears packets as they were captured, each destination being a line of it. */
async function hear(packets: readonly Captured[], codec: PacketCodec) {
  const world = new SimWorld();
  const names = [...new Set(packets.map(({ to }) => to))];
  const lines = names.map((name, i) => ({
    name,
    address: { group: { host: "239.255.0.1", port: 6000 + i }, interface: "lo", ttl: 1 },
  }));
  const gaps: SeqRange[] = [];
  const delivered: number[] = [];
  await using listener = await ListenerNode.open(world, {
    lines,
    protocol: { packets: codec, recovery: demo.create({}, { epochMs: 0 }).recovery },
    arbiter: { ...ARBITER_DEFAULTS, start: "now", gapTimeout: MILLISECOND },
    recovery: undefined,
    deliver: (seq) => void delivered.push(seq),
    observe: (event) => {
      if (event.event === "gap") gaps.push(event);
      assert(event.event !== "malformed", JSON.stringify(event));
    },
    observePackets: false,
  });
  const senders = await Promise.all(
    lines.map(({ address }) => world.transport.publish(address, { drained() {}, failed() {} })),
  );
  for (const { to, payload } of packets) {
    const batch = { slab: payload, ends: Int32Array.of(payload.length), count: 1 };
    senders[names.indexOf(to)]!.send(batch);
  }
  await world.until(
    new Promise<void>((resolve) => void world.clock.at(10 * MILLISECOND, () => resolve())),
  );
  const { lines: received, next } = listener;
  return { gaps, delivered, received: received.map((line) => ({ ...line })), next };
}

const XDP = "nyse/imbalances-11819-packets.pcap";

const xdp = nyseXdp.create(nyseXdp.options.parse({}), { epochMs: 0 }).packets;

test(
  "a session of the New York Stock Exchange is followed from its reset to its end",
  skip,
  async () => {
    const packets = captured(XDP);
    assertEquals(packets.length, 11_819);
    const { gaps, delivered, next } = await hear(packets, xdp);
    assertEquals(gaps, []);
    // The reset is number 1 and no message.
    assertEquals([delivered[0], delivered.length, next], [2, 11_818, 11_820]);
  },
);

test("with every 7th packet removed, the gaps are exactly those", skip, async () => {
  const packets = captured(XDP);
  const view = createView(xdp.messagesMax);
  const removed: SeqRange[] = [];
  const left = packets.filter(({ payload }, i) => {
    if ((i + 1) % 7 !== 0) return true;
    assertEquals(xdp.decode(payload, view), undefined);
    removed.push({ from: view.seq, until: view.seq + view.count });
    return false;
  });
  const { gaps, delivered } = await hear(left, xdp);
  assertEquals(formatRanges(gaps), formatRanges(removed));
  assertEquals(delivered.length, 11_818 - removed.reduce((sum, r) => sum + r.until - r.from, 0));
});

/** CME numbers packets, not messages: a number in four bytes, the time in eight, and the rest. */
const cme: PacketCodec = {
  ...xdp,
  messagesMax: 1,
  firstSeq: 1,
  decode(bytes, into) {
    if (bytes.length < 12) return "truncated";
    into.bytes = bytes;
    into.kind = "data";
    into.session = "";
    into.seq = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    into.count = 1;
    into.repair = false;
    into.bounds[0] = 12;
    into.bounds[1] = bytes.length;
    return undefined;
  },
};

test(
  "two lines of the Chicago Mercantile Exchange are one stream without a gap",
  skip,
  async () => {
    const packets = captured("cme/mdp3-ab-10000-packets.pcapng");
    const { gaps, delivered, received } = await hear(packets, cme);
    assertEquals(gaps, []);
    assertEquals([delivered[0], delivered.at(-1)], [17_347_815, 17_352_814]);
    assertEquals(delivered.length, 5000);
    // What one line brought first, the other brought again.
    assertEquals(
      received.map(({ messages, duplicates }) => messages - duplicates).reduce((a, b) => a + b),
      5000,
    );
    assertEquals(
      received.map(({ packets: count }) => count).reduce((a, b) => a + b),
      10_000,
    );
  },
);

test("and still one when each line lacks what the other has", skip, async () => {
  const packets = captured("cme/mdp3-ab-10000-packets.pcapng");
  const [first] = packets;
  const lossy = packets.filter(({ to, payload }) => {
    const number = new DataView(payload.buffer).getUint32(0, true);
    return number % 3 === 0 ? to === first!.to : number % 3 === 1 ? to !== first!.to : true;
  });
  // The first packet says where to begin.
  const { gaps, delivered } = await hear([first!, ...lossy], cme);
  assertEquals(gaps, []);
  assertEquals(delivered.length, 5000);
});

const ITCH = "itch/12302019_SNIPPET.NASDAQ_ITCH50";

for (const recovery of ["moldudp64", "soupbintcp"]) {
  test(
    `a thousand ITCH messages arrive as they were, ${recovery} bringing the lost ones`,
    skip,
    async () => {
      const { scenario, problems } = loadScenario(
        `feedlab: 1
name: ITCH
feed: { protocol: moldudp64, source: { itch: ${JSON.stringify(realData(ITCH))} },
        rate: 2k/s, batch: { messages: 4 }, heartbeat: 100ms, end_of_session: { count: 3, every: 20ms } }
lines:
  A: { group: 239.192.78.8:16088 }
  B: { group: 239.192.78.9:16088, skew: 1ms }
impair:
  - { name: loss, drop: { chance: 20% } }
recovery: { protocol: ${recovery}, listen: 127.0.0.1:17088 }
listen: { gap_timeout: 20ms }
expect: [delivered == 100%, recovery.accepted_wrong == 0]
`,
        "itch.yaml",
        {},
        undefined,
        openFile,
      );
      assertEquals(problems, []);
      // Intact, which every run checks, is byte for byte what the file has.
      const runs = await runScenario(scenario!, openLiveWorld(), { seed: "7" });
      const [run] = runs;
      const judgement = judgeRun(runs, scenario!);
      assertEquals([judgement.outcome, run.delivered, run.broken], ["pass", 1000, []]);
      assert(run.recovery.filled > 0, "nothing was lost on both lines");
    },
  );
}
