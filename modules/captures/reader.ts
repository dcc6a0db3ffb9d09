import { type ByteFile, FileWindow } from "../core/byte-file.ts";
import { UserError } from "../core/errors.ts";
import { quote } from "../core/units.ts";
import { createFrame, type Frame } from "./frame.ts";
import { PCAP_MICROS, PCAP_NANOS, readPcap } from "./pcap.ts";
import { BLOCK, readPcapng } from "./pcapng.ts";

/** The packets of a capture file, one after the other. */
export interface CaptureReader {
  /** What `next` found; the same object each time. */
  readonly frame: Frame;
  /** Reads one more packet; false after the last one. Throws a UserError where the file is broken. */
  readonly next: () => boolean;
}

/**
 * Opens a capture file: pcap with microseconds or nanoseconds, in both byte orders, or pcapng. Throws
 * a UserError when it is something else.
 */
export function openCapture(file: ByteFile): CaptureReader {
  const window = new FileWindow(file);
  const frame = createFrame();
  const start = window.show(0, 4);
  if (start < 0) {
    throw new UserError(
      `Cannot read ${quote(file.name)}: it has ${file.size} bytes, which is no capture: ` +
        `record one with tcpdump -w`,
    );
  }
  const magic = window.view.getUint32(start, true);
  if (magic === BLOCK.section) return { frame, next: readPcapng(window, frame) };
  for (const little of [true, false]) {
    const order = window.view.getUint32(start, little);
    if (order !== PCAP_MICROS && order !== PCAP_NANOS) continue;
    return { frame, next: readPcap(window, little, frame) };
  }
  const shown = magicText(window.bytes.subarray(start, start + 4));
  throw new UserError(
    `Cannot read ${quote(file.name)}: it begins with ${shown}, at offset 0, which is neither pcap ` +
      `nor pcapng: ${remedy(magic)}`,
  );
}

function magicText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Compressed files are what people have lying about. */
function remedy(magic: number): string {
  if ((magic & 0xffff) === 0x8b1f) return "unpack it first with gunzip";
  if (magic === 0xfd2fb528) return "unpack it first with unzstd";
  return "give a capture, or convert it with editcap";
}
