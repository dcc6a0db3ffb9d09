/** A capture that is written to memory, and read back through our own reader. */
import { createDatagram, formatAddress, readDatagram } from "../../modules/captures/datagram.ts";
import { TCP } from "../../modules/captures/headers.ts";
import { openCapture } from "../../modules/captures/reader.ts";
import { CaptureWriter } from "../../modules/captures/writer.ts";
import type { ByteFile } from "../../modules/core/byte-file.ts";
import type { Nanos } from "../../modules/core/time.ts";
import { join, memoryFile } from "./capture.ts";

/** A packet of a capture. */
export interface Taped {
  /** Since the capture's beginning. */
  readonly atNs: Nanos;
  readonly line: string;
  readonly from: string;
  readonly to: string;
  /** Of TCP; nothing for a datagram. */
  readonly flags: readonly string[];
  readonly payload: Uint8Array;
  readonly comments: readonly string[];
}

const ETHERNET_AND_IP = 34;
const TCP_HEADER = 20;

/** Gathers what a writer emits. */
export class Tape {
  readonly writer: CaptureWriter;
  #epochMs: number;
  #blocks: Uint8Array[] = [];

  constructor(epochMs: number) {
    this.#epochMs = epochMs;
    this.writer = new CaptureWriter((bytes) => void this.#blocks.push(bytes.slice()), epochMs);
  }

  get file(): ByteFile {
    return memoryFile("tape", join(...this.#blocks));
  }

  /** Every packet, in the order of the file. */
  get packets(): Taped[] {
    return packetsOf(this.file, this.#epochMs);
  }

  /** The same in words: `A 5 "hello" (dropped by rule "x")`, and `recovery 6 server FIN`. */
  get story(): string[] {
    return this.packets.map(({ atNs, line, flags, payload, comments }) => {
      const said = payload.length === 0 ? "" : ` ${new TextDecoder().decode(payload)}`;
      const shown = flags.length === 0 ? "" : ` ${flags.join("+")}`;
      return `${line} ${atNs}${shown}${said}${comments.map((text) => ` (${text})`).join("")}`;
    });
  }
}

/** The packets of a capture that began then. */
export function packetsOf(file: ByteFile, epochMs: number): Taped[] {
  const { frame, next } = openCapture(file);
  const packets: Taped[] = [];
  const datagram = createDatagram();
  while (next()) {
    const { bytes, start, end, seconds, nanos, interfaceName: line, comments } = frame;
    const atNs = (seconds - epochMs / 1000) * 1e9 + nanos;
    const common = { atNs, line, comments };
    if (readDatagram(frame, datagram) === undefined) {
      const { source, destination, sourcePort, destinationPort } = datagram;
      packets.push({
        ...common,
        from: `${formatAddress(source)}:${sourcePort}`,
        to: `${formatAddress(destination)}:${destinationPort}`,
        flags: [],
        payload: bytes.slice(datagram.start, datagram.end),
      });
      continue;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
    const at = ETHERNET_AND_IP;
    const set = view.getUint8(at + 13);
    packets.push({
      ...common,
      from: `${formatAddress(view.getUint32(26))}:${view.getUint16(at)}`,
      to: `${formatAddress(view.getUint32(30))}:${view.getUint16(at + 2)}`,
      flags: Object.entries(TCP).flatMap(([name, flag]) => ((set & flag) === 0 ? [] : [name])),
      payload: bytes.slice(start + at + TCP_HEADER, end),
    });
  }
  return packets;
}
