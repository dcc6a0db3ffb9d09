/**
 * One part of feedlab by itself, in a process of its own: how many messages a second go through it.
 *
 *     parts.ts encode|decode PROTOCOL MESSAGES
 *     parts.ts bare-encode|bare-decode - MESSAGES       MoldUDP64 as one loop
 *     parts.ts arbiter lines|recovery MESSAGES          two lines; or one, with 1 % recovered
 *     parts.ts tap mixed|RULES MESSAGES                 four kinds of rules; or so many of one kind
 *
 * Everything is checked once before the clock starts: what comes out is what went in. Prints JSON.
 */
import process from "node:process";
import { createView, type PacketView } from "../../modules/codecs/codec.ts";
import { Arbiter, ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { type Rule, Tap } from "../../modules/protocol/tap.ts";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { impaired } from "../support/impaired.ts";
import { addUp, MESSAGE_BYTES, messagesOf, partsOf } from "./feed.ts";

/** Messages in a packet, where its format takes more than one, and packets that are used in turn. */
const BATCH = 12;
const PACKETS = 512;
const PACKET_BYTES = 1472;
const SESSION = "FEEDLAB001";

/** Rules of a chain that do something each. */
const MIXED = [
  "drop: { chance: 1% }",
  "duplicate: { chance: 0.1% }",
  "reorder: { chance: 0.5%, by: 3 packets }",
  "delay: { by: 100us, jitter: 20us, keep_order: true }",
];

/** What a large scenario has many of: a rule that hardly ever touches a packet. */
const RARE = "drop: { chance: 0.01% }";

/** Does the work for so many messages, and returns how many it was, and their sum if that was taken. */
type Work = (messages: number) => number;

const [what = "", which = "", many] = process.argv.slice(2);
const works: Readonly<Record<string, () => Work>> = {
  encode: () => encode(which),
  decode: () => decode(which),
  "bare-encode": bareEncode,
  "bare-decode": bareDecode,
  arbiter: () => arbiter(which === "recovery"),
  tap: () => tap(which === "mixed" ? MIXED : Array(Number(which)).fill(RARE)),
};
const work = works[what]!();
const messages = Number(many);
// Compiled, and as warm as in the middle of a feed.
work(Math.min(messages, 200_000));
const began = performance.now();
const done = work(messages);
const seconds = (performance.now() - began) / 1000;
must(done >= messages, `${done} of ${messages} messages went through`);
console.log(JSON.stringify({ perSecond: done / seconds }));

function must(holds: boolean, why: string): asserts holds {
  if (holds) return;
  console.log(`wrong: ${why}`);
  process.exit(1);
}

/** Packets of a protocol in a row, and what their messages add up to. */
function packetsOf(protocol: string): { packets: Uint8Array[]; messages: number; sum: number } {
  const parts = partsOf(protocol);
  const writer = parts.protocol.packets.writer();
  const all = messagesOf(parts, PACKETS * BATCH);
  const packets: Uint8Array[] = [];
  let next = 0;
  while (packets.length < PACKETS) {
    const packet = new Uint8Array(PACKET_BYTES);
    writer.begin(packet, parts.sessions.of(parts.first)?.name ?? "", parts.first + next, 0);
    const first = next;
    while (next < first + BATCH && writer.add(all[next]!)) next++;
    packets.push(packet.slice(0, writer.end()));
  }
  const sent = all.slice(0, next);
  const sum = sent.reduce((sum, bytes) => addUp(sum, bytes, 0, bytes.length), 0);
  return { packets, messages: next, sum };
}

/** What a receiver takes from packets. */
function sumOf(protocol: string, packets: readonly Uint8Array[]): number {
  const { packets: codec } = partsOf(protocol).protocol;
  const view = createView(codec.messagesMax);
  let sum = 0;
  for (const packet of packets) {
    const fault = codec.decode(packet, view);
    must(fault === undefined, `${fault}`);
    for (let i = 0; i < view.count; i++) {
      sum = addUp(sum, view.bytes, view.bounds[2 * i]!, view.bounds[2 * i + 1]!);
    }
  }
  return sum;
}

function encode(protocol: string): Work {
  const { packets, sum } = packetsOf(protocol);
  must(sumOf(protocol, packets) === sum, "what was written is not what is read");
  const parts = partsOf(protocol);
  const all = messagesOf(parts, 1024);
  const session = parts.sessions.of(parts.first)?.name ?? "";
  const writer = parts.protocol.packets.writer();
  const into = new Uint8Array(PACKET_BYTES);
  return (messages) => {
    let [done, bytes] = [0, 0];
    while (done < messages) {
      writer.begin(into, session, parts.first + done, 0);
      let inPacket = 0;
      while (inPacket < BATCH && writer.add(all[done & 1023]!)) {
        inPacket++;
        done++;
      }
      bytes += writer.end();
    }
    must(bytes > 0, "nothing was written");
    return done;
  };
}

function decode(protocol: string): Work {
  const { packets, messages: inPackets, sum } = packetsOf(protocol);
  must(sumOf(protocol, packets) === sum, "what was written is not what is read");
  const { packets: codec } = partsOf(protocol).protocol;
  const view = createView(codec.messagesMax);
  const { first } = partsOf(protocol);
  return (messages) => {
    let [done, next, gaps] = [0, first, 0];
    for (let i = 0; done < messages; i = i + 1 < packets.length ? i + 1 : 0) {
      if (i === 0) next = first;
      if (codec.decode(packets[i]!, view) !== undefined || view.seq !== next) gaps++;
      next = view.seq + view.count;
      done += view.count;
    }
    must(gaps === 0 && next - first <= inPackets, `${gaps} packets were not those that follow`);
    return done;
  };
}

function bareEncode(): Work {
  const all = messagesOf(partsOf("moldudp64"), 1024);
  const into = new Uint8Array(PACKET_BYTES);
  const view = new DataView(into.buffer);
  for (let i = 0; i < SESSION.length; i++) into[i] = SESSION.charCodeAt(i);
  return (messages) => {
    let done = 0;
    while (done < messages) {
      view.setUint32(10, Math.floor((1 + done) / 2 ** 32));
      view.setUint32(14, 1 + done);
      view.setUint16(18, BATCH);
      let at = 20;
      for (let i = 0; i < BATCH; i++) {
        const message = all[done++ & 1023]!;
        view.setUint16(at, MESSAGE_BYTES);
        into.set(message, at + 2);
        at += 2 + MESSAGE_BYTES;
      }
    }
    return done;
  };
}

function bareDecode(): Work {
  const { packets } = packetsOf("moldudp64");
  const views = packets.map(({ buffer }) => new DataView(buffer));
  return (messages) => {
    let [done, next, gaps, bytes] = [0, 1, 0, 0];
    for (let i = 0; done < messages; i = i + 1 < views.length ? i + 1 : 0) {
      if (i === 0) next = 1;
      const view = views[i]!;
      const seq = view.getUint32(10) * 2 ** 32 + view.getUint32(14);
      const count = view.getUint16(18);
      if (seq !== next) gaps++;
      let at = 20;
      for (let k = 0; k < count; k++) {
        const length = view.getUint16(at);
        bytes += length;
        at += 2 + length;
      }
      next = seq + count;
      done += count;
    }
    must(gaps === 0 && bytes === MESSAGE_BYTES * done, `${gaps} gaps, ${bytes} bytes`);
    return done;
  };
}

/** The packet of a line whose messages all are the same, but for their numbers. */
function packetAt(seq: number): PacketView {
  const view = createView(BATCH);
  view.bytes = new Uint8Array(BATCH * MESSAGE_BYTES);
  for (let i = 0; i < BATCH; i++) {
    view.bounds[2 * i] = i * MESSAGE_BYTES;
    view.bounds[2 * i + 1] = (i + 1) * MESSAGE_BYTES;
  }
  view.seq = seq;
  view.count = BATCH;
  return view;
}

/** With `recovery`, every hundredth packet is lost, and brought when the next one has come. */
function arbiter(recovery: boolean): Work {
  return (messages) => {
    let [next, wrong, gaps] = [1, 0, 0];
    const sink = {
      deliver: (seq: number) => {
        if (seq !== next) wrong++;
        next = seq + 1;
      },
      gap: () => void gaps++,
      filled: () => {},
      lost: () => void wrong++,
      duplicate: () => {},
    };
    const machine = new Arbiter(ARBITER_DEFAULTS, sink);
    const view = packetAt(1);
    let missing = 0;
    const whole = Math.ceil(messages / BATCH);
    // The last one is not lost: nothing would come after it.
    const packets = whole % 100 === 0 ? whole + 1 : whole;
    for (let packet = 1; packet <= packets; packet++) {
      const now = packet * 1000;
      view.seq = 1 + (packet - 1) * BATCH;
      if (!recovery) {
        machine.onPacket(0, view, now);
        machine.onPacket(1, view, now + 100);
        continue;
      }
      if (packet % 100 === 0) {
        missing = view.seq;
        continue;
      }
      machine.onPacket(0, view, now);
      if (missing === 0) continue;
      for (let i = 0; i < BATCH; i++) {
        machine.onRecovered(missing + i, view.bytes, 0, MESSAGE_BYTES, now);
      }
      missing = 0;
    }
    must(wrong === 0, `${wrong} messages were not delivered in order and once`);
    must(gaps > 0 === recovery, `${gaps} gaps`);
    return next - 1;
  };
}

function tap(rules: readonly string[]): Work {
  return (messages) => {
    const packets = Math.ceil(messages / BATCH);
    const seen = new Uint8Array(packets + 1);
    let [left, dropped] = [0, 0];
    const chain = rules.map((text, i): Rule => {
      return { name: `rule ${i}`, impairment: impaired(text).create(`rule ${i}`) };
    });
    const machine = new Tap(chain, {
      send: ({ ordinal }) => {
        left++;
        seen[ordinal]! |= 1;
      },
      dropped: ({ ordinal }) => {
        dropped++;
        seen[ordinal]! |= 2;
      },
      touched: () => {},
    });
    const bytes = new Uint8Array(20 + BATCH * (2 + MESSAGE_BYTES));
    for (let i = 0; i < packets; i++) {
      const packet: PacketRef = {
        bytes,
        kind: "data",
        seq: 1 + i * BATCH,
        count: BATCH,
        msg: 1 + i * BATCH,
        ordinal: 1 + i,
        dueNs: i * 1000,
      };
      machine.onPacket(packet, i * 1000);
    }
    machine.onEnd(packets * 1000);
    for (let due = machine.deadline(); due < Infinity; due = machine.deadline()) {
      machine.onDeadline(due);
    }
    const unseen = seen.subarray(1).findIndex((how) => how === 0);
    must(unseen < 0, `packet ${unseen + 1} neither left nor was dropped`);
    must(left + dropped >= packets && dropped < packets, `${left} left, ${dropped} dropped`);
    return packets * BATCH;
  };
}
