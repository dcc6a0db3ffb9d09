/** One packet as a capture file has it. */

/** What the bytes of a frame begin with, by its number in the list that pcap and pcapng share. */
export const LINK = {
  /** A family of protocols in four bytes, in the order of the machine that captured. */
  null: 0,
  ethernet: 1,
  /** Nothing: IP itself. The numbers of some systems for it are their own. */
  raw: 101,
  rawBsd: 12,
  rawOpenBsd: 14,
  /** As `null`, in the order of the network. */
  loop: 108,
  /** What Linux writes for "any" interface. */
  cooked: 113,
  /** IP itself, and always version 4. */
  ipv4: 228,
  cooked2: 276,
} as const;

/** A captured packet. One object is used again for all: its bytes are lent until the next one. */
export interface Frame {
  /** What was captured of it spans bytes[start] .. bytes[end]. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** One of `LINK`, or a number that we do not know. */
  link: number;
  /** Since 1970. A packet that has no time gets that of the packet before. */
  seconds: number;
  /** Within the second. */
  nanos: number;
  /** How long it was on the wire: more than was captured, when the capture was told to cut. */
  length: number;
  /** Of the interface that it was captured on; empty when it has no name. */
  interfaceName: string;
  comments: readonly string[];
  /** Where in the file it stands, for errors. */
  offset: number;
  /** Where in the file its captured bytes begin. */
  dataOffset: number;
}

/** No comments, as nearly every packet has them. */
export const NO_COMMENTS: readonly string[] = [];

/** A frame that nothing was read into yet. */
export function createFrame(): Frame {
  return {
    bytes: new Uint8Array(),
    start: 0,
    end: 0,
    link: LINK.ethernet,
    seconds: 0,
    nanos: 0,
    length: 0,
    interfaceName: "",
    comments: NO_COMMENTS,
    offset: 0,
    dataOffset: 0,
  };
}
