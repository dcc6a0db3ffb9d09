/** What the arbiter and a chain of impairments have to do. */
import { createView, type PacketView } from "../../modules/codecs/codec.ts";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { Arbiter, ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { type Rule, Tap } from "../../modules/protocol/tap.ts";
import { impaired } from "../support/impaired.ts";
import { MESSAGE_BYTES } from "./feed.ts";
import { BATCH, must, type Work } from "./work.ts";

/** Rules of a chain that do something each. */
export const MIXED = [
  "drop: { chance: 1% }",
  "duplicate: { chance: 0.1% }",
  "reorder: { chance: 0.5%, by: 3 packets }",
  "delay: { by: 100us, jitter: 20us, keep_order: true }",
];

/** What a large scenario has many of: a rule that hardly ever touches a packet. */
export const RARE = "drop: { chance: 0.01% }";

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

/**
 * Puts two lines into one stream; with `recovery` one line, of which every hundredth packet is lost, and
 * brought when the next one has come.
 */
export function arbiter(recovery: boolean): Work {
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

/** Sends packets through a chain of rules, each of which either leaves or is dropped. */
export function tap(rules: readonly string[]): Work {
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
