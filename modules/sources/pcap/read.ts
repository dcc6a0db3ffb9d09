import { addressOf, createDatagram, formatAddress, readDatagram } from "../../captures/datagram.ts";
import { type CaptureReader, openCapture } from "../../captures/reader.ts";
import { createView, type PacketCodec, type PacketView } from "../../codecs/codec.ts";
import type { ByteFile } from "../../core/byte-file.ts";
import { UserError } from "../../core/errors.ts";
import { formatFirstRanges } from "../../core/seq.ts";
import { SECOND } from "../../core/time.ts";
import { type Endpoint, formatEndpoint, plural, quote } from "../../core/units.ts";
import { PacketIndex } from "./packet-index.ts";

/** What a capture has of one feed. */
export interface Recording {
  /** Without holes. */
  readonly index: PacketIndex;
  readonly session: string;
}

/** More packets than this do not fit into memory as places. */
const PACKETS_MAX = 50_000_000;

/** Destinations that an error lists. */
const LISTED_MAX = 8;

/**
 * Reads where the packets to `groups` lie, or to the only destination that there is when no groups are
 * given. Throws a UserError when that is not one session of one feed without a hole.
 */
export function readRecording(
  file: ByteFile,
  codec: PacketCodec,
  groups: readonly Endpoint[] | undefined,
): Recording {
  return new Reading(file, codec, groups).read();
}

/** A destination is its address and port as one number. */
type Destination = number;

class Reading {
  #name: string;
  #codec: PacketCodec;
  #view: PacketView;
  #capture: CaptureReader;
  #datagram = createDatagram();
  #asked: boolean;
  /** What is read; the first that comes, where nothing was asked for. */
  #wanted: Set<Destination> | undefined;
  #index = new PacketIndex();
  #session: string | undefined;
  #start: { readonly seconds: number; readonly nanos: number } | undefined;
  /** Packets of each destination, whether they are wanted or not. */
  #packets = new Map<Destination, number>();
  /** The number after the highest of each destination. */
  #next = new Map<Destination, number>();
  /** How many packets were of no use, and why. */
  #unread = new Map<string, number>();
  #read = 0;

  constructor(file: ByteFile, codec: PacketCodec, groups: readonly Endpoint[] | undefined) {
    this.#name = file.name;
    this.#codec = codec;
    this.#view = createView(codec.messagesMax);
    this.#capture = openCapture(file);
    this.#asked = groups !== undefined;
    this.#wanted =
      groups && new Set(groups.map(({ host, port }) => addressOf(host) * 0x10000 + port));
  }

  read(): Recording {
    const { frame } = this.#capture;
    const datagram = this.#datagram;
    while (this.#capture.next()) {
      const none = readDatagram(frame, datagram);
      if (none !== undefined) {
        if (none !== "other") this.#count(none);
        continue;
      }
      const to = datagram.destination * 0x10000 + datagram.destinationPort;
      this.#packets.set(to, (this.#packets.get(to) ?? 0) + 1);
      this.#wanted ??= new Set([to]);
      if (this.#wanted.has(to)) this.#onPacket(to);
    }
    this.#check();
    this.#index.close();
    return { index: this.#index, session: this.#session! };
  }

  #onPacket(to: Destination): void {
    const { frame } = this.#capture;
    const { start, end } = this.#datagram;
    const view = this.#view;
    const fault = this.#codec.decode(frame.bytes.subarray(start, end), view);
    if (fault !== undefined) return this.#count(fault);
    const next = this.#next.get(to) ?? view.seq;
    if (view.kind === "reset" && view.seq < next) {
      throw this.#wrong(
        `its numbers begin again after ${next - 1} at offset ${frame.offset}`,
        "cut the file there with editcap",
      );
    }
    this.#read++;
    if (view.kind !== "data" || view.count === 0) return;
    this.#session ??= view.session;
    if (view.session !== this.#session) {
      throw this.#wrong(
        `session ${quote(view.session)} follows session ${quote(this.#session)} at offset ` +
          `${frame.offset}`,
        "cut the file there with editcap",
      );
    }
    if (this.#read > PACKETS_MAX) {
      throw this.#wrong(`it has more than ${PACKETS_MAX} packets`, "cut it with editcap -c");
    }
    const until = view.seq + view.count;
    this.#next.set(to, Math.max(next, until));
    this.#start ??= { seconds: frame.seconds, nanos: frame.nanos };
    const seconds = frame.seconds - this.#start.seconds;
    this.#index.add(view.seq, until, {
      time: seconds * SECOND + frame.nanos - this.#start.nanos,
      offset: frame.dataOffset + start - frame.start,
      length: end - start,
    });
  }

  #check(): void {
    const wanted = [...(this.#wanted ?? [])];
    const absent = wanted.find((to) => !this.#packets.has(to));
    if (this.#packets.size === 0) {
      throw this.#wrong(
        `it has no UDP packet over IPv4${this.#losses()}`,
        "record one with tcpdump -w",
      );
    }
    if (absent !== undefined) {
      throw this.#wrong(
        `no packet in it goes to ${formatDestination(absent)}`,
        `have ${this.#destinations()}`,
      );
    }
    if (!this.#asked && this.#packets.size > 1) {
      throw this.#wrong(
        `its packets go to ${plural(this.#packets.size, "destination")}`,
        `name the lines of one feed with group: ${this.#destinations()}`,
      );
    }
    if (this.#session === undefined) {
      const count = wanted.reduce((sum, to) => sum + (this.#packets.get(to) ?? 0), 0);
      throw this.#wrong(
        `none of its ${plural(count, "packet")} has a message of this protocol${this.#losses()}`,
        "name the protocol that was captured",
      );
    }
    const { missing } = this.#index;
    if (missing.first !== undefined) {
      throw this.#wrong(
        `it lacks ${formatFirstRanges(missing)}${this.#losses()}`,
        "give the other line's group as well, or cut the file before that",
      );
    }
  }

  #count(why: string): void {
    this.#unread.set(why, (this.#unread.get(why) ?? 0) + 1);
  }

  /** ` (3 fragment, 2 bad-length)`; nothing when every packet was of use. */
  #losses(): string {
    const losses = Array.from(this.#unread, ([why, count]) => `${count} ${why}`);
    return losses.length === 0 ? "" : ` (unread: ${losses.join(", ")})`;
  }

  #destinations(): string {
    const all = [...this.#packets].toSorted(([, a], [, b]) => b - a);
    const listed = all
      .slice(0, LISTED_MAX)
      .map(([to, count]) => `${formatDestination(to)} (${plural(count, "packet")})`);
    const more = all.length > LISTED_MAX ? ` and ${all.length - LISTED_MAX} more` : "";
    return listed.join(", ") + more;
  }

  #wrong(what: string, remedy: string): UserError {
    return new UserError(`Cannot publish ${quote(this.#name)}: ${what}: ${remedy}`);
  }
}

function formatDestination(to: Destination): string {
  const host = formatAddress(Math.floor(to / 0x10000));
  return formatEndpoint({ host, port: to % 0x10000 });
}
