/**
 * MoldUDP64 packets and what they say. The first four were computed from the layout of the
 * specification and read back with Wireshark's own dissector; the real ones are from captures.
 */
import { fromHex } from "../support/hex.ts";

/** A packet's bytes and its fields; messages in hexadecimal digits. */
export interface MoldVector {
  readonly bytes: Uint8Array;
  readonly kind: "data" | "heartbeat" | "end-of-session";
  readonly session: string;
  readonly seq: number;
  readonly messages: readonly string[];
  readonly line: string;
}

/** Downstream packets, by what they are. */
export const moldVectors: Readonly<Record<string, MoldVector>> = {
  "two messages, abc and one without a byte": {
    bytes: fromHex(`
      46 45 45 44 4c 41 42 30 30 31  00 00 00 00 00 00 00 07  00 02
      00 03 61 62 63
      00 00`),
    kind: "data",
    session: "FEEDLAB001",
    seq: 7,
    messages: ["61 62 63", ""],
    line: "FEEDLAB001 7..8 (2 messages)",
  },
  heartbeat: {
    bytes: fromHex("46 45 45 44 4c 41 42 30 30 31  00 00 00 00 00 00 00 09  00 00"),
    kind: "heartbeat",
    session: "FEEDLAB001",
    seq: 9,
    messages: [],
    line: "FEEDLAB001 heartbeat, 9 is next",
  },
  "end of session": {
    bytes: fromHex("46 45 45 44 4c 41 42 30 30 31  00 00 00 00 00 00 00 09  ff ff"),
    kind: "end-of-session",
    session: "FEEDLAB001",
    seq: 9,
    messages: [],
    line: "FEEDLAB001 end of session, 9 is next",
  },
  "a real heartbeat": {
    bytes: fromHex("30 30 30 30 30 38 33 36 37 49  00 00 00 00 00 05 d9 21  00 00"),
    kind: "heartbeat",
    session: "000008367I",
    seq: 383_265,
    messages: [],
    line: "000008367I heartbeat, 383265 is next",
  },
  "a real packet with one order delete": {
    bytes: fromHex(`
      30 30 30 30 31 30 30 35 39 42  00 00 00 00 00 e1 2f 5a  00 01
      00 13 44 0d bd 00 00 1f 1a ce d8 5a d8 00 00 00 00 01 66 8b d6`),
    kind: "data",
    session: "000010059B",
    seq: 14_757_722,
    messages: ["44 0d bd 00 00 1f 1a ce d8 5a d8 00 00 00 00 01 66 8b d6"],
    line: "000010059B 14757722 (1 message)",
  },
};

/** Four messages from 3 on, asked for. */
export const moldRequest: Uint8Array = fromHex(
  "46 45 45 44 4c 41 42 30 30 31  00 00 00 00 00 00 00 03  00 04",
);
