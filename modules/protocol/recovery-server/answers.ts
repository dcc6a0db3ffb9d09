import type { RecoveryCodec } from "../../codecs/recovery/recovery.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import { type Nanos, NEVER } from "../../core/time.ts";
import type { Spoiling } from "../../faults/fault.ts";
import type { Client, Spoiled } from "./client.ts";
import type { Extent, Grant } from "./grant.ts";
import { DATAGRAM_BYTES_MAX, FOLLOW_FULL, FOLLOW_LEAVE, READ_MAX } from "./limits.ts";

/** What becomes of a client whose answer goes on, or is over. */
export interface AnswersSink {
  lookUp(id: number, from: Seq, until: Seq): void;
  /** All that there is of it was sent. */
  answered(client: Client): void;
  /** Nothing more will be sent to it, whatever it asks. */
  end(client: Client): void;
  drop(client: Client, reason: string): void;
}

/** Sends what was granted, part by part, as the store has it and as faults will have it. */
export class Answers {
  /** Messages that were sent. */
  messages = 0;
  #codec: RecoveryCodec;
  #extent: Extent;
  #sink: AnswersSink;

  constructor(codec: RecoveryCodec, extent: Extent, sink: AnswersSink) {
    this.#codec = codec;
    this.#extent = extent;
    this.#sink = sink;
  }

  /** An answer begins. */
  begin(client: Client, number: number, grant: Grant, now: Nanos): void {
    client.grant = grant;
    const [first, ...later] = this.#ranges(grant, client.spoiled?.spoiling);
    if (this.#codec.repairs === "group") this.#tell(client, number, grant.granted, now);
    client.spoiled?.later.push(...later);
    this.#send(client, number, first, now);
  }

  /** One stored message of what was looked up, in order. False: no more for now. */
  onMessage(client: Client, seq: Seq, message: Uint8Array): boolean {
    const { grant, spoiled, dialogue } = client;
    if (client.state !== "answering" || grant === undefined) return false;
    const datagram = this.#codec.over === "datagram";
    if (datagram) client.bytes += message.length + 1;
    // What fits no datagram is not read: a request for everything would cost more than its answer.
    if (seq !== client.next || (datagram && client.bytes > DATAGRAM_BYTES_MAX)) {
      client.hole = true;
      return false;
    }
    if (spoiled === undefined) dialogue.message(seq + grant.toWire, message);
    else if (spoiled.sent >= (spoiled.spoiling.most ?? Infinity)) {
      spoiled.cut = true;
      return false;
    } else {
      spoiled.sent++;
      const shown = spoiled.spoiling.rewrite?.(message) ?? message;
      client.outlet.carry(() => dialogue.message(seq + grant.toWire, shown));
    }
    // A store may have very many more: reading them would cost more than the answer.
    if (dialogue.full === true) {
      client.hole = true;
      return false;
    }
    this.messages++;
    client.next = seq + 1;
    // The dialogue's sink is called meanwhile, which the compiler does not see.
    return client.full === undefined;
  }

  /** The store has no more of what was looked up, or was told to stop. */
  onLookedUp(client: Client, now: Nanos): void {
    const { grant } = client;
    if (client.state !== "answering" || grant === undefined) return;
    const follows = this.#codec.connection === "follow";
    const until = follows ? this.followUntil(client) : grant.granted.until;
    const cut = client.spoiled?.cut === true;
    const more = client.next < until && !client.hole && !cut;
    if (client.full !== undefined && more) return;
    if (more && client.next >= client.lookedUp) {
      if (follows && client.burst < FOLLOW_FULL && client.next >= client.pausesAt) {
        this.#pause(client, now);
      } else this.lookUp(client);
      return;
    }
    if (!cut && this.#goOn(client, now)) return;
    this.#finish(client, grant, now);
  }

  /** Reads on from where it is. */
  lookUp(client: Client): void {
    const { next, burst } = client;
    const { granted } = client.grant!;
    const follows = this.#codec.connection === "follow";
    const until = follows ? this.followUntil(client) : granted.until;
    client.goesOnAt = NEVER;
    if (next >= client.pausesAt) client.pausesAt = next + burst;
    const before = follows && burst < FOLLOW_FULL ? client.pausesAt : Infinity;
    client.lookedUp = Math.min(until, next + READ_MAX, before);
    this.#sink.lookUp(client.id, next, client.lookedUp);
  }

  /** Up to where there is something for one who follows. */
  followUntil({ grant, next }: Client): Seq {
    const { asked, end } = grant!;
    return Math.max(next, Math.min(this.#extent.next, asked.until, end));
  }

  /**
   * Who follows does not say how much it lacks, and mostly that is little: what it is sent beyond is
   * made, carried and thrown away. So it gets a little, a moment to leave, and then twice as much.
   */
  #pause(client: Client, now: Nanos): void {
    client.burst *= 2;
    client.goesOnAt = now + FOLLOW_LEAVE;
  }

  /** What is sent, one after the other: what was granted, unless a fault says otherwise. */
  #ranges({ granted }: Grant, spoiling: Spoiling | undefined): [SeqRange, ...SeqRange[]] {
    const { shift = 0, ahead = 0 } = spoiling ?? {};
    const { from, until } = granted;
    const follows = this.#codec.connection === "follow";
    if (follows) return [{ from: from + shift + ahead, until: until + shift + ahead }];
    if (shift !== 0) return [{ from: from + shift, until: until + shift }];
    const beyond = { from: until, until: Math.min(until + ahead, this.#extent.next) };
    return beyond.from < beyond.until ? [beyond, granted] : [granted];
  }

  /** Says what comes. */
  #tell(client: Client, number: number, { from, until }: SeqRange, now: Nanos): void {
    const { session, toWire } = client.grant!;
    const name = client.spoiled?.spoiling.session ?? session;
    const asked = { session: name, from: from + toWire, until: until + toWire };
    client.dialogue.begin(number, asked, now);
  }

  /** Begins with a part of the answer, which may be all of it. */
  #send(client: Client, number: number, part: SeqRange, now: Nanos): void {
    if (this.#codec.repairs === "answer") this.#tell(client, number, part, now);
    client.grant = { ...client.grant!, granted: part };
    client.next = part.from;
    if (part.from < part.until) this.lookUp(client);
    else this.#finish(client, client.grant, now);
  }

  /** Goes on with the next part of a spoilt answer; false when there is none. */
  #goOn(client: Client, now: Nanos): boolean {
    const { spoiled, dialogue, next, grant } = client;
    const part = spoiled?.later.shift();
    if (spoiled === undefined || part === undefined) return false;
    const at = next + grant!.toWire;
    if (this.#codec.over === "datagram") {
      client.outlet.carry(() => dialogue.finish(at, at, now));
    }
    client.hole = false;
    client.bytes = 0;
    this.#send(client, spoiled.number, part, now);
    return true;
  }

  /** All that there is of an answer was sent. */
  #finish(client: Client, { asked, granted, toWire }: Grant, now: Nanos): void {
    const { dialogue, next, spoiled } = client;
    const lies = spoiled !== undefined && liesOf(spoiled);
    if (this.#codec.connection === "follow") {
      if (spoiled?.cut === true) return this.#sink.end(client);
      if (client.hole) {
        return this.#sink.drop(client, `${next} is asked for, and not kept any more`);
      }
    } else if (lies) {
      // It does not say what is missing.
      const at = next + toWire;
      client.outlet.carry(() => dialogue.finish(at, at, now));
    } else if (spoiled !== undefined && this.#codec.over === "datagram") {
      const at = next + toWire;
      const end = Math.max(next, asked.until) + toWire;
      client.outlet.carry(() => dialogue.finish(at, end, now));
    } else {
      const early = asked.from < granted.from;
      // What is gone already, and what is not there yet, or is more than is sent at once.
      if (early) dialogue.finish(asked.from + toWire, granted.from + toWire, now);
      if (!early || next < asked.until) {
        dialogue.finish(next + toWire, Math.max(next, asked.until) + toWire, now);
      }
    }
    this.#sink.answered(client);
  }
}

/** Whether what is sent is other than what would be, so that nothing true can be said of the rest. */
function liesOf({ spoiling }: Spoiled): boolean {
  const { shift, ahead, most } = spoiling;
  return shift !== undefined || ahead !== undefined || most !== undefined;
}
