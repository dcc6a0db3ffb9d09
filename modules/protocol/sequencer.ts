import type { PacketCodec, PacketKind, PacketWriter } from "../codecs/codec.ts";
import { Scratch } from "../core/bytes.ts";
import { invariant } from "../core/errors.ts";
import { type Seq, SEQ_MAX } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";
import type { Nanos } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import type { Source } from "../sources/source.ts";

/** The largest packet: an Ethernet frame less its IPv4 and UDP headers. */
export const PACKET_BYTES_MAX = 1472;

/** The last number that a message can get: the one after it, which heartbeats carry, is a number too. */
export const LAST_SEQ: Seq = SEQ_MAX - 1;

/** No protocol here has sessions with names yet. */
const SESSION = "";

/** What a sequencer is made of. */
export interface SequencerOptions {
  readonly codec: PacketCodec;
  readonly source: Source;
  /** Where messages are kept; its `next` is the first number. */
  readonly store: MessageStore;
  /** Messages in a packet. Fewer where the codec takes no more, or the packet is full. */
  readonly batch: number;
}

/**
 * Gives a source's messages their numbers, keeps them in the store, and puts them into packets: by
 * count and size, never by what the time is, so that the same feed has the same packets everywhere.
 */
export class Sequencer {
  #source: Source;
  #store: MessageStore;
  #writer: PacketWriter;
  #batch: number;
  #emit: (packet: PacketRef) => void;
  /** Of the next data packet. */
  #ordinal = 1;
  #first: Seq;
  #next: Seq;
  /** The number of the first message that no packet has left with. */
  #open: Seq;
  #packet = new Scratch(PACKET_BYTES_MAX);
  #message = new Scratch(PACKET_BYTES_MAX);

  /** `emit` is given each packet that is complete; the bytes are lent. */
  constructor(
    { codec, source, store, batch }: SequencerOptions,
    emit: (packet: PacketRef) => void,
  ) {
    this.#source = source;
    this.#store = store;
    this.#writer = codec.writer();
    this.#batch = Math.min(batch, codec.messagesMax);
    this.#emit = emit;
    this.#first = store.next;
    this.#next = store.next;
    this.#open = store.next;
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
   * Takes a message, and emits the packet that it fills; false when the source has no more, or
   * there are no more numbers.
   */
  publish(dueNs: Nanos): boolean {
    const seq = this.#next;
    if (seq > LAST_SEQ) return false;
    const length = this.#source.write(seq, this.#message.bytes);
    if (length < 0) return false;
    const message = this.#message.start(length);
    if (this.waiting === 0) this.#writer.begin(this.#packet.bytes, SESSION, seq, dueNs);
    if (!this.#writer.add(message)) {
      invariant(this.waiting > 0, `message ${seq} of ${length} bytes fits no packet`);
      this.flush(dueNs);
      this.#writer.begin(this.#packet.bytes, SESSION, seq, dueNs);
      invariant(this.#writer.add(message), `message ${seq} of ${length} bytes fits no packet`);
    }
    // Stored before it is sent: whoever asks for it can only have seen a later one.
    this.#store.append(seq, message);
    this.#next = seq + 1;
    if (this.waiting >= this.#batch) this.flush(dueNs);
    return true;
  }

  /** Emits what waits, if anything does. The packet is due now: a packet is no older than its end. */
  flush(dueNs: Nanos): void {
    const count = this.waiting;
    if (count === 0) return;
    const seq = this.#open;
    this.#open = this.#next;
    this.#pass("data", this.#writer.end(), seq, count, dueNs);
  }

  /** Emits a heartbeat. Nothing may wait: it would seem lost. */
  heartbeat(dueNs: Nanos): void {
    const length = this.#writer.heartbeat(this.#packet.bytes, SESSION, this.#next, dueNs);
    this.#pass("heartbeat", length, this.#next, 0, dueNs);
  }

  /** Emits an end of session. Nothing may wait. */
  endOfSession(dueNs: Nanos): void {
    const length = this.#writer.endOfSession(this.#packet.bytes, SESSION, this.#next, dueNs);
    this.#pass("end-of-session", length, this.#next, 0, dueNs);
  }

  #pass(kind: PacketKind, length: number, seq: Seq, count: number, dueNs: Nanos): void {
    invariant(length > 0, `the protocol has no ${kind} packet`);
    invariant(this.waiting === 0, `a ${kind} packet overtakes ${this.waiting} messages`);
    const bytes = this.#packet.start(length);
    const ordinal = kind === "data" ? this.#ordinal++ : this.#ordinal;
    this.#emit({ bytes, kind, seq, count, msg: seq - this.#first + 1, ordinal, dueNs });
  }
}
