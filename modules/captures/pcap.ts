import type { FileWindow } from "../core/byte-file.ts";
import { broken, RECORD_BYTES_MAX } from "./fault.ts";
import type { Frame } from "./frame.ts";

/** The magic number of a file with microseconds. */
export const PCAP_MICROS = 0xa1b2c3d4;

/** The magic number of a file with nanoseconds. */
export const PCAP_NANOS = 0xa1b23c4d;

const HEADER_BYTES = 24;
const RECORD_BYTES = 16;

/** The upper bits say how long checksums at the end of frames are. */
const LINK_MASK = 0x0fffffff;

/** Reads the packets of a pcap file into `frame`, one a call; false after the last one. */
export function readPcap(window: FileWindow, little: boolean, frame: Frame): () => boolean {
  const { name, size } = window.file;
  const header = window.show(0, HEADER_BYTES);
  if (header < 0) throw broken(name, 0, "the file ends within its header");
  const nanosPerUnit = window.view.getUint32(header, little) === PCAP_NANOS ? 1 : 1000;
  frame.link = window.view.getUint32(header + 20, little) & LINK_MASK;
  let offset = HEADER_BYTES;

  return () => {
    if (offset === size) return false;
    const record = window.show(offset, RECORD_BYTES);
    if (record < 0) throw broken(name, offset, "the file ends within a packet");
    const captured = window.view.getUint32(record + 8, little);
    if (captured > RECORD_BYTES_MAX) {
      throw broken(name, offset, `a packet claims to have ${captured} bytes`);
    }
    frame.seconds = window.view.getUint32(record, little);
    frame.nanos = window.view.getUint32(record + 4, little) * nanosPerUnit;
    frame.length = window.view.getUint32(record + 12, little);
    frame.offset = offset;
    frame.dataOffset = offset + RECORD_BYTES;
    const start = window.show(frame.dataOffset, captured);
    if (start < 0) throw broken(name, offset, "the file ends within a packet");
    frame.bytes = window.bytes;
    frame.start = start;
    frame.end = start + captured;
    offset = frame.dataOffset + captured;
    return true;
  };
}
