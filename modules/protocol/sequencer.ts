import type { PacketCodec, PacketKind, PacketWriter } from "../codecs/codec.ts";
import { Scratch } from "../core/bytes.ts";
import { invariant } from "../core/errors.ts";
import type { Seq } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";
import type { Nanos } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import { MESSAGE_BYTES_MAX, type Source } from "../sources/source.ts";
import { type Session, Sessions } from "./sessions.ts";

/** The largest packet: an Ethernet frame less its IPv4 and UDP headers. */
export const PACKET_BYTES_MAX = 1472;

/** What a sequencer is made of. */
export interface SequencerOptions {
  readonly codec: PacketCodec;
  readonly source: Source;
  /** Where messages are kept; its `next` is the first number. */
  readonly store: MessageStore;
  /** Messages in a packet. Fewer where the codec takes no more, or the packet is full. */
  readonly batch: number;
  /** Where packets end instead: after which messages. */
  readonly endsPacket?: ((seq: Seq) => boolean) | undefined;
  /** Where those that begin are entered. The first is there, or has no name and the store's numbers. */
  readonly sessions?: Sessions | undefined;
}

/**
 * Gives a source's messages their numbers, puts them into packets, and keeps these in the store: by
 * count and size, never by what the time is, so that the same feed has the same packets everywhere.
 */
export class Sequencer {
  #source: Source;
  #store: MessageStore;
  #codec: PacketCodec;
  #writer: PacketWriter;
  #batch: number;
  #endsPacket: SequencerOptions["endsPacket"];
  #sessions: Sessions;
  #emit: (packet: PacketRef) => void;
  /** Of the next data packet. */
  #ordinal = 1;
  /** The session of the next message, how much its numbers on the wire are more than the feed's, */
  #session!: Session;
  #toWire = 0;
  /** and the last that fits into the format, as the feed counts. */
  #last: Seq = 0;
  #first: Seq;
  #next: Seq;
  /** The number of the first message that no packet has left with. */
  #open: Seq;
  #packet: Scratch;
  /** As much of it as a packet may have. */
  #room: Uint8Array;
  /** Where the messages of the packet stand in it. */
  #bounds: Int32Array;

  /** `emit` is given each packet that is complete; the bytes are lent. */
  constructor(
    { codec, source, store, batch, endsPacket, sessions = new Sessions() }: SequencerOptions,
    emit: (packet: PacketRef) => void,
  ) {
    this.#source = source;
    this.#store = store;
    this.#sessions = sessions;
    if (sessions.current === undefined) sessions.begin("", store.next, store.next);
    this.#codec = codec;
    // A message is written before anybody knows that the packet has no room for it.
    this.#packet = new Scratch(PACKET_BYTES_MAX + MESSAGE_BYTES_MAX);
    this.#room = this.#packet.start(Math.min(PACKET_BYTES_MAX, codec.packetMax));
    this.#writer = codec.writer();
    this.#endsPacket = endsPacket;
    this.#batch = endsPacket === undefined ? Math.min(batch, codec.messagesMax) : codec.messagesMax;
    this.#bounds = new Int32Array(2 * this.#batch);
    this.#emit = emit;
    this.#first = store.next;
    this.#next = store.next;
    this.#open = store.next;
    this.#goOnIn(sessions);
  }

  /** The number that the next message will get. */
  get next(): Seq {
    return this.#next;
  }

  /** Messages that wait for their packet to fill. */
  get waiting(): number {
    return this.#next - this.#open;
  }

  /**
   * Takes messages that are due at dues[from, until), as far as the packet goes that they fill, and emits
   * it. Returns how many it took: none when the source has no more, or there are no more numbers.
   */
  publish(dues: Float64Array, from: number, until: number): number {
    const source = this.#source;
    const writer = this.#writer;
    const { bytes } = this.#packet;
    const bounds = this.#bounds;
    const ends = this.#endsPacket;
    const ordinal = this.#ordinal;
    let seq = this.#next;
    for (let i = from; i < until; i++, seq++) {
      if (seq > this.#last) return i - from;
      const dueNs = dues[i]!;
      let index = seq - this.#open;
      if (index === 0) this.#begin(seq, dueNs);
      let { at } = writer;
      const length = source.write(seq, bytes, at);
      if (length < 0) return i - from;
      if (!writer.take(length)) {
        if (index === 0) invariant(false, `message ${seq} of ${length} bytes fits no packet`);
        this.flush(dueNs);
        this.#begin(seq, dueNs);
        index = 0;
        const begun = at;
        ({ at } = writer);
        bytes.copyWithin(at, begun, begun + length);
        invariant(writer.take(length), `message ${seq} of ${length} bytes fits no packet`);
      }
      bounds[2 * index] = at;
      bounds[2 * index + 1] = at + length;
      this.#next = seq + 1;
      if (index + 1 >= this.#batch || (ends !== undefined && ends(seq))) this.flush(dueNs);
      if (this.#ordinal !== ordinal) return i + 1 - from;
    }
    return until - from;
  }

  /** Emits what waits, if anything does. The packet is due now: a packet is no older than its end. */
  flush(dueNs: Nanos): void {
    const count = this.waiting;
    if (count === 0) return;
    const seq = this.#open;
    this.#open = this.#next;
    const length = this.#writer.end();
    // Stored before it is sent: whoever asks for it can only have seen a later one.
    this.#store.append(seq, { bytes: this.#packet.start(length), count, bounds: this.#bounds });
    this.#pass("data", length, seq, count, dueNs);
  }

  /** Emits a heartbeat. Nothing may wait: it would seem lost. */
  heartbeat(dueNs: Nanos): void {
    this.#control("heartbeat", dueNs);
  }

  /** Emits an end of session. Nothing may wait. */
  endOfSession(dueNs: Nanos): void {
    this.#control("endOfSession", dueNs);
  }

  /** Says with what number the session begins, where the protocol can. Nothing may wait. */
  reset(dueNs: Nanos): void {
    this.#control("reset", dueNs);
  }

  /** The next message is the first of a session with this name. Nothing may wait. */
  newSession(name: string): void {
    invariant(this.waiting === 0, `session ${name} begins before ${this.waiting} messages`);
    this.#sessions.begin(name, this.#next, this.#codec.firstSeq);
    this.#goOnIn(this.#sessions);
  }

  #goOnIn({ current }: Sessions): void {
    invariant(current !== undefined, "a feed without a session");
    this.#session = current;
    this.#toWire = current.first - current.from;
    this.#last = this.#codec.lastSeq - this.#toWire;
  }

  #begin(seq: Seq, dueNs: Nanos): void {
    const { name } = this.#session;
    this.#writer.begin(this.#room, name, seq + this.#toWire, dueNs);
  }

  /** A packet without messages; none where the protocol does without a reset. */
  #control(what: "heartbeat" | "endOfSession" | "reset", dueNs: Nanos): void {
    const { name } = this.#session;
    const next = this.#next + this.#toWire;
    const length = this.#writer[what](this.#room, name, next, dueNs);
    if (length === 0 && what === "reset") return;
    const kind = what === "endOfSession" ? "end-of-session" : what;
    this.#pass(kind, length, this.#next, 0, dueNs);
  }

  #pass(kind: PacketKind, length: number, seq: Seq, count: number, dueNs: Nanos): void {
    invariant(length > 0, `the protocol has no ${kind} packet`);
    invariant(this.waiting === 0, `a ${kind} packet overtakes ${this.waiting} messages`);
    const bytes = this.#packet.start(length);
    const ordinal = kind === "data" ? this.#ordinal++ : this.#ordinal;
    const msg = seq - this.#first + 1;
    const session = this.#session;
    const wireSeq = seq + this.#toWire;
    this.#emit({ bytes, kind, seq, wireSeq, session, count, msg, ordinal, dueNs });
  }
}
