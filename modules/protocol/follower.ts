import type { PacketView } from "../codecs/codec.ts";
import type { Seq } from "../core/seq.ts";
import { ResetWatch } from "./reset-watch.ts";
import type { Session, Sessions } from "./sessions.ts";

/** What the arbiter knows when a session may have begun. */
export interface FollowerState {
  /** One past the highest number known to exist, as the feed counts; undefined before the first packet. */
  readonly high: Seq | undefined;
  /** Whether nothing was delivered, nor is missing: numbers may begin anywhere. */
  readonly untouched: boolean;
}

/** Where a packet belongs. */
export type Place =
  /** In a session that is known: this much is to be added to its number. */
  | { readonly kind: "known"; readonly shift: number }
  /** In one that has just begun. */
  | { readonly kind: "begun"; readonly shift: number; readonly session: Session }
  /** In a session that nobody has heard of: believed when another packet says the same. */
  | { readonly kind: "suspect" }
  /** In a session that is over, beyond what could be known of it when the next one began. */
  | { readonly kind: "stale" };

const STALE: Place = { kind: "stale" };
const SUSPECT: Place = { kind: "suspect" };

/** What one line has shown. */
interface LineState {
  /** The ordinal of the session that its packets are of, where these do not say; 0 before the first. */
  ordinal: number;
  /** Its packets in a row that lay beyond the end of that session. */
  stale: number;
  /** Its reset that may only be late. */
  readonly watch: ResetWatch;
  /** Where its session begins, of which the next packet is: its numbers kept to begin again. */
  sure: Seq | undefined;
}

/** So many packets in a row beyond a session's end are of the next one, whose reset did not come. */
export const STALE_MAX = 10;

/**
 * Finds out to which session each packet belongs, and so which message its number means. Where
 * sessions have names, the packet says; a name never heard is believed when a second packet has it,
 * or when the session before has ended, for one damaged byte must not end a session. Where they have
 * none, a reset begins one: for the line that brings it first, the feed goes over; other lines follow
 * with their own resets, and what they bring before that is of the session before. A reset to a
 * number that has been may be late: it counts when data that follows on its line begins there.
 */
export class Follower {
  #sessions: Sessions;
  #firstSeq: Seq;
  #lines: LineState[];
  #suspect: string | undefined;
  #ended = false;

  /** `firstSeq` is the number that a session of the protocol starts with. */
  constructor(sessions: Sessions, lines: number, firstSeq: Seq) {
    this.#sessions = sessions;
    this.#firstSeq = firstSeq;
    this.#lines = Array.from({ length: lines }, () => ({
      ordinal: 0,
      stale: 0,
      watch: new ResetWatch(),
      sure: undefined,
    }));
  }

  /** A packet of a line. */
  place(line: number, packet: PacketView, state: FollowerState): Place {
    const { current } = this.#sessions;
    if (current === undefined) {
      const own = this.#lines[line]!;
      own.ordinal = 1;
      own.watch.onPacket(packet);
      return this.#first(packet);
    }
    const place =
      packet.session !== "" || current.name !== ""
        ? this.#named(packet, current, state)
        : this.#nameless(this.#lines[line]!, packet, current, state);
    if (place.kind === "begun") this.#ended = false;
    else if (place.kind === "known" && packet.kind === "end-of-session") this.#ended = true;
    return place;
  }

  /** The line's numbers have begun again, without a reset that has come: it is where the others are. */
  catchUp(line: number): boolean {
    const { current } = this.#sessions;
    const own = this.#lines[line]!;
    if (current === undefined) return false;
    if (own.ordinal < current.ordinal) {
      goOver(own, current);
      return true;
    }
    // Another line brought a reset, and no data yet that shows what to think of it.
    own.sure = this.#lines.find(({ watch }) => watch.pending !== undefined)?.watch.pending;
    return own.sure !== undefined;
  }

  /** In the first session the feed counts as the wire does. */
  #first(packet: PacketView): Place {
    const session = this.#sessions.begin(packet.session, 0, 0);
    return { kind: "begun", shift: 0, session };
  }

  #named(packet: PacketView, current: Session, state: FollowerState): Place {
    if (packet.session === current.name) {
      this.#suspect = undefined;
      return { kind: "known", shift: current.from - current.first };
    }
    const old = this.#sessions.all.find(({ name }) => name === packet.session);
    if (old !== undefined) return this.#within(old, packet);
    if (packet.session !== this.#suspect && !this.#ended && !state.untouched) {
      this.#suspect = packet.session;
      return SUSPECT;
    }
    this.#suspect = undefined;
    return this.#begin(packet.session, this.#firstSeq, state);
  }

  #nameless(own: LineState, packet: PacketView, current: Session, state: FollowerState): Place {
    if (packet.kind === "reset") {
      if (own.ordinal < current.ordinal) goOver(own, current);
      else if (!this.#saysNothingNew(packet, current, state)) {
        // Behind what is known, it may only be late; what it says is then no news.
        if (!isBehind(packet, current, state)) return this.#beginOn(own, packet.seq, state);
        own.watch.hold(packet.seq);
      }
      return { kind: "known", shift: current.from - current.first };
    }
    // A line that is heard for the first time is where the others are.
    if (own.ordinal === 0) own.ordinal = current.ordinal;
    if (own.ordinal === current.ordinal) {
      const first = own.sure ?? own.watch.pending;
      if (own.watch.onPacket(packet) || own.sure !== undefined) {
        const place = this.#beginOn(own, first!, state);
        own.watch.onPacket(packet);
        return place;
      }
      return { kind: "known", shift: current.from - current.first };
    }
    const old = this.#sessions.all.findLast(({ ordinal }) => ordinal <= own.ordinal);
    const place = old === undefined ? STALE : this.#within(old, packet);
    own.stale = place === STALE ? own.stale + 1 : 0;
    if (own.stale < STALE_MAX) return place;
    goOver(own, current);
    return { kind: "known", shift: current.from - current.first };
  }

  /** A reset is sent several times, and before a session that has not begun otherwise. */
  #saysNothingNew({ seq }: PacketView, { from, first }: Session, { high }: FollowerState): boolean {
    return high === undefined ? seq === first : high === from + seq - first;
  }

  #within(old: Session, packet: PacketView): Place {
    const shift = old.from - old.first;
    const next = this.#sessions.all.find(
      ({ from, ordinal }) => ordinal > old.ordinal && from >= old.from,
    );
    const known = next === undefined || packet.seq + packet.count + shift <= next.from;
    return known ? { kind: "known", shift } : STALE;
  }

  /** A session without a name begins on one line, and on those that wait to be told the same. */
  #beginOn(own: LineState, first: Seq, state: FollowerState): Place {
    const place = this.#begin("", first, state);
    for (const line of this.#lines) {
      if (line === own || line.watch.pending === first) goOver(line, this.#sessions.current!);
    }
    return place;
  }

  #begin(name: string, first: Seq, { high, untouched }: FollowerState): Place {
    // Before anything is known, the feed counts as the wire does, wherever that begins.
    const from = untouched || high === undefined ? first : high;
    const session = this.#sessions.begin(name, from, first);
    return { kind: "begun", shift: from - first, session };
  }
}

function goOver(line: LineState, { ordinal }: Session): void {
  line.ordinal = ordinal;
  line.sure = undefined;
  line.watch.forget();
}

/** Whether a reset names a number that has been. Where nothing has come yet, none has. */
function isBehind(
  { seq }: PacketView,
  { from, first }: Session,
  { high, untouched }: FollowerState,
): boolean {
  return !untouched && high !== undefined && seq - first + from < high;
}
