import type { RecoveryCodec, ServerDialogue } from "../../codecs/recovery/recovery.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import { type Nanos, NEVER } from "../../core/time.ts";
import type { Spoiling } from "../../faults/fault.ts";
import type { Grant, Wanted } from "./grant.ts";
import { FOLLOW_FIRST, type RecoveryLimits, SILENCES_MAX } from "./limits.ts";
import type { Outlet } from "./outlet.ts";

/** A request that was read. */
export interface Pending {
  readonly number: number;
  readonly wanted: Wanted;
  /** Which of all requests it is. */
  readonly ordinal: number;
}

/** What a fault makes of the answer that is under way. */
export interface Spoiled {
  readonly spoiling: Spoiling;
  readonly number: number;
  /** What is sent after what is being sent now. */
  readonly later: SeqRange[];
  /** Messages that were sent. */
  sent: number;
  /** Nothing more of it is to be sent. */
  cut: boolean;
}

/** What a server knows of one of its connections. */
export interface Client {
  readonly id: number;
  readonly peer: string;
  readonly dialogue: ServerDialogue;
  readonly outlet: Outlet;
  /** Which of all connections it is. */
  readonly ordinal: number;
  spoiled: Spoiled | undefined;
  state: "reading" | "answering" | "following" | "ended" | "dropped";
  /** Of a request that is not complete; over datagrams, of the answer then. */
  bytes: number;
  /** When its time in this state is over. */
  deadline: Nanos;
  /** When what was read counts as a whole request. */
  quietAt: Nanos;
  /** When it last spoke, and was last spoken to. */
  heard: Nanos;
  spoken: Nanos;
  /** Requests that wait for the answer before them. */
  readonly queue: Pending[];
  /** Its requests that count as being in flight. */
  inFlight: number;
  /** It has finished sending. */
  ended: boolean;
  /** What is being answered, and the first number of it that was not sent yet. */
  grant: Grant | undefined;
  next: Seq;
  /** What must be taken before more is read. */
  full: "connection" | "repairs" | undefined;
  /** Up to where the store was asked. */
  lookedUp: Seq;
  /** Messages that one who may leave at any time is sent before it is given a moment to do so. */
  burst: number;
  /** The number before which that moment comes. */
  pausesAt: Seq;
  /** When that moment is over. */
  goesOnAt: Nanos;
  /** Nothing more of the answer can be sent: it is not kept any more, or fits no datagram. */
  hole: boolean;
}

/** One that has just come. */
export function createClient(
  who: Pick<Client, "id" | "peer" | "ordinal" | "outlet" | "dialogue">,
  deadline: Nanos,
  now: Nanos,
): Client {
  return {
    ...who,
    spoiled: undefined,
    state: "reading",
    bytes: 0,
    deadline,
    quietAt: NEVER,
    heard: now,
    spoken: now,
    queue: [],
    inFlight: 0,
    ended: false,
    grant: undefined,
    next: 0,
    full: undefined,
    lookedUp: 0,
    burst: FOLLOW_FIRST,
    pausesAt: 0,
    goesOnAt: NEVER,
    hole: false,
  };
}

/** What connections of one protocol have in common: whom a server hears, and until when. */
export class Manners {
  #codec: RecoveryCodec;
  #limits: RecoveryLimits;

  constructor(codec: RecoveryCodec, limits: RecoveryLimits) {
    this.#codec = codec;
    this.#limits = limits;
  }

  listensTo({ state }: Client): boolean {
    if (state === "reading") return true;
    return this.#codec.connection !== "one" && (state === "answering" || state === "following");
  }

  /** When a client that should have spoken counts as gone. */
  silentAt(client: Client): Nanos {
    if (!this.#isKept(client)) return NEVER;
    const { clientSilence, serverSilence = NEVER } = this.#codec;
    // One that has no heartbeat of its own answers ours.
    const wait =
      clientSilence === undefined
        ? serverSilence + this.#limits.requestTime
        : SILENCES_MAX * clientSilence;
    return client.heard + wait;
  }

  heartbeatAt(client: Client): Nanos {
    if (!this.#isKept(client) || client.dialogue.heartbeat === undefined) return NEVER;
    return client.spoken + (this.#codec.serverSilence ?? NEVER);
  }

  /** When a client must be looked after; `followAt` is when those who follow are. */
  deadline(client: Client, followAt: Nanos): Nanos {
    const { state, deadline, quietAt, goesOnAt, outlet } = client;
    return Math.min(
      deadline,
      quietAt,
      goesOnAt,
      this.silentAt(client),
      this.heartbeatAt(client),
      outlet.deadline(),
      state === "following" ? followAt : NEVER,
    );
  }

  /** Whether the connection is to last. */
  #isKept({ state, grant }: Client): boolean {
    if (state === "ended" || state === "dropped" || this.#codec.connection === "one") return false;
    return this.#codec.connection === "many" || grant !== undefined;
  }
}
