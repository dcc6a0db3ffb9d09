/**
 * Packets from one process to another over loopback multicast, as fast as both can without a loss: who
 * takes part, and one run of it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { platform } from "node:process";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { missingData, realBytes } from "../support/real-data.ts";
import { aLine } from "../support/transport-conformance.ts";
import { MISSING, type Setting } from "./group.ts";
import type { Contestant } from "./measure.ts";
import { here, Running } from "./programs.ts";
import { PAGE_BYTES } from "./shared-numbers.ts";

const SIZES = 4096;

/** Messages in a packet of the ITCH file. */
const ITCH_BATCH = 8;

/** A program that can be either end: what starts it, and what comes after the role. */
export interface End {
  readonly command: readonly string[];
  readonly path: string;
}

/** C at either end, by how it sends and receives. */
export interface CEnds {
  readonly plain: End;
  readonly mmsg: End;
  readonly train: End;
}

/** Packets to send: a file of their sizes. */
export interface Packets {
  readonly name: string;
  readonly file: string;
  /** Whether all are of one size, so that trains can be made of them. */
  readonly equal: boolean;
}

/** The program in C; a few words where there is no compiler. */
export function compileC({ folder }: Setting): CEnds | string {
  const program = join(folder, "datagrams");
  const { error, status, stderr } = spawnSync("cc", ["-O2", "-o", program, here("datagrams.c")]);
  if (platform !== "linux") return `${MISSING}the C program is written for Linux`;
  if (error !== undefined) return `${MISSING}no C compiler: nothing to compare with`;
  if (status !== 0) return `cc: ${String(stderr).split("\n")[0]}`;
  const end = (path: string): End => ({ command: [program], path });
  return { plain: end("plain"), mmsg: end("mmsg"), train: end("train") };
}

/** One of ours, or node:dgram, on a runtime. */
export function scriptEnd(runtime: readonly string[], path: "linux" | "portable" | "dgram"): End {
  return { command: [...runtime, here("datagrams.ts")], path };
}

/** Packets of one size. */
export function equalPackets(setting: Setting, bytes = 512): Packets {
  return packetsOf(setting, `${bytes} B`, true, () => bytes);
}

/** Packets of 36 to 512 bytes. */
export function mixedPackets(setting: Setting): Packets {
  let state = 1;
  return packetsOf(setting, "36-512 B", false, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return 36 + ((state >>> 16) % 477);
  });
}

/** MoldUDP64's packets of eight messages each of the ITCH file; a few words where there is none. */
export function itchPackets(setting: Setting): Packets | string {
  const path = "itch/12302019_SNIPPET.NASDAQ_ITCH50";
  const missing = missingData(path);
  if (missing !== false) return `${MISSING}${missing}`;
  const bytes = realBytes(path);
  const blocks: number[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = 256 * bytes[at]! + bytes[at + 1]!;
    if (length === 0) break;
    blocks.push(2 + length);
    at += 2 + length;
  }
  let next = 0;
  return packetsOf(setting, "ITCH", false, () => {
    let size = 20;
    for (let i = 0; i < ITCH_BATCH; i++) size += blocks[next++ % blocks.length]!;
    return size;
  });
}

function packetsOf({ folder }: Setting, name: string, equal: boolean, size: () => number): Packets {
  const file = join(folder, `${name.replaceAll(" ", "-")}.sizes`);
  writeFileSync(file, new Uint8Array(Int32Array.from({ length: SIZES }, size).buffer));
  return { name, file, equal };
}

/** What a listener has to say. */
interface Came {
  readonly packets: number;
  readonly gaps: number;
  readonly sum: number;
  readonly measured: number;
  readonly seconds: number;
}

/** What comes of a race: packets a second at the slowest listener. Fails unless all came, as sent. */
export function race(
  setting: Setting,
  sender: End,
  listener: End,
  packets: Packets,
  count: number,
  listeners = 1,
): Contestant {
  // Whole sizes tables, so that batches of any length come out even.
  const whole = Math.max(1, Math.round(count / SIZES)) * SIZES;
  const sum = sumOf(packets, whole);
  return async () => {
    if ([sender, listener].some(({ path }) => path === "linux")) await linuxThere();
    const { host, port } = aLine().group;
    const shared = join(setting.folder, `shared-${port}-${host}`);
    writeFileSync(shared, new Uint8Array(PAGE_BYTES));
    const start = ({ command, path }: End, role: string, last: number): Running => {
      const words = [host, `${port}`, `${whole}`, packets.file, shared, `${last}`];
      return new Running([...command, role, path, ...words], 60_000);
    };
    const ends: Running[] = [];
    try {
      for (let place = 0; place < listeners; place++) ends.push(start(listener, "recv", place));
      await Promise.all(ends.map((end) => end.said("ready")));
      const from = start(sender, "send", listeners);
      ends.push(from);
      const sent = (await from.json()) as { readonly stalled?: number };
      const all = await Promise.all(ends.slice(0, -1).map((end) => end.json() as Promise<Came>));
      for (const came of all) {
        if (came.packets !== whole || came.gaps > 0) {
          const after = sent.stalled === undefined ? "" : `, and the sender gave up`;
          throw new Error(`${came.packets} of ${whole} packets came, ${came.gaps} gaps${after}`);
        }
        if (came.sum !== sum) throw new Error(`the checksum is ${came.sum}, not ${sum}`);
      }
      return Math.min(...all.map(({ measured, seconds }) => measured / seconds));
    } finally {
      for (const end of ends) await end.stop();
    }
  };
}

/** Fails where our own path would quietly be the portable one. */
async function linuxThere(): Promise<void> {
  const path = await openLiveWorld({ transport: "linux" }).transport.path?.();
  if (path?.name !== "linux") throw new Error(`${MISSING}${path?.reason ?? "no such path"}`);
}

/** The sum that datagrams.ts and datagrams.c must come to. */
function sumOf({ file }: Packets, count: number): number {
  const sizes = new Int32Array(new Uint8Array(readFileSync(file)).buffer);
  let sum = 0;
  for (let seq = 0; seq < count; seq++) {
    sum = (Math.imul(sum ^ seq, 16_777_619) + sizes[seq % SIZES]! + (seq & 255)) | 0;
  }
  return sum >>> 0;
}
