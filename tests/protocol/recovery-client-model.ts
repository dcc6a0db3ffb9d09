/** A recovery client between lines that lose and a server that does as it likes. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import type { CallOf } from "../../modules/core/machine.ts";
import type { Seq } from "../../modules/core/seq.ts";
import { type Nanos, NEVER } from "../../modules/core/time.ts";
import {
  RecoveryClient,
  type RecoveryClientSink,
  type RecoveryPolicy,
} from "../../modules/protocol/recovery-client.ts";
import { record } from "../support/record.ts";

/** One thing that happens. `pick`, a share, chooses among what there is to choose from then. */
export interface Event {
  readonly kind:
    | "gap"
    | "filled"
    | "connected"
    | "answer"
    | "wrong"
    | "garbage"
    | "not-found"
    | "end"
    | "closed"
    | "refused"
    | "time";
  readonly pick: number;
  readonly count: number;
}

/** What happens to a client, in any order. */
export const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Event["kind"]>("gap", "connected", "answer") },
      {
        weight: 4,
        arbitrary: fc.constantFrom<Event["kind"]>(
          ...(["filled", "wrong", "garbage", "not-found", "end", "closed", "refused"] as const),
        ),
      },
      { weight: 2, arbitrary: fc.constant<Event["kind"]>("time") },
    ),
    pick: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 60, size: "max" },
);

/** Policies with small numbers, so that every bound is met. */
export const policies: fc.Arbitrary<RecoveryPolicy> = fc.record({
  inFlightMax: fc.integer({ min: 1, max: 4 }),
  timeout: fc.integer({ min: 1, max: 10 }),
  retries: fc.nat(3),
  backoffMin: fc.integer({ min: 1, max: 4 }),
  backoffMax: fc.integer({ min: 4, max: 20 }),
  giveUp: fc.integer({ min: 1, max: 200 }),
});

interface Conversation {
  readonly until: Seq;
  /** The next number that the client waits for. */
  next: Seq;
  asked: boolean;
}

/** Each gap lies in a block of its own: numbers are missed once. */
const BLOCK = 16;
const BLOCKS = 1000;

/** The client, and what is known of each number from its calls alone. */
export class RecoveryWorld {
  readonly client: RecoveryClient;
  readonly policy: RecoveryPolicy;
  readonly fates = new Map<Seq, "wanted" | "recovered" | "filled" | "abandoned">();
  now: Nanos = 0;
  #codec: RecoveryCodec;
  #recorded = record<RecoveryClientSink>();
  #conversations = new Map<number, Conversation>();
  #asking: Conversation | undefined;
  /** Whose bytes the client is reading. */
  #speaker: Conversation | undefined;
  #reached = false;
  #attempts = 0;
  #wakes = 0;

  constructor(codec: RecoveryCodec, policy: RecoveryPolicy) {
    this.#codec = codec;
    this.policy = policy;
    this.client = new RecoveryClient(codec, policy, this.#recorded.sink);
  }

  /** Lets it happen, if it can. */
  play({ kind, pick, count }: Event): void {
    if (kind === "gap") return this.#gap(Math.floor(pick * BLOCKS) * BLOCK, count);
    if (kind === "time") return this.pass(this.now + count);
    if (kind === "filled") return this.#filled(pick, count);
    const ids = [...this.#conversations.keys()];
    const id = ids[Math.floor(pick * ids.length)];
    if (id !== undefined) this.#happen(kind, id, count);
  }

  /** Time passes, through every deadline. */
  pass(until: Nanos): void {
    for (let due = this.client.deadline(); due <= until; due = this.client.deadline()) {
      this.now = Math.max(this.now, due);
      this.client.onDeadline(this.now);
      this.#wakes++;
      this.#heed();
      assert(this.client.deadline() > this.now, "the client spins");
      // A wake ends an attempt, begins one or gives up: no more than three for each attempt.
      assert(this.#wakes <= 3 * (this.#attempts + this.fates.size), `${this.#wakes} wakes`);
    }
    this.now = Math.max(this.now, until);
  }

  /** Nothing more is missed; the server answers everything, or nothing ever again. */
  finish(server: "answers" | "is silent"): void {
    while (!this.client.idle) {
      const [entry] = this.#conversations;
      if (server === "answers" && entry !== undefined) {
        const [id, conversation] = entry;
        this.#happen(conversation.asked ? "answer" : "connected", id, Infinity);
      } else {
        this.pass(this.client.deadline());
      }
    }
    assertEquals(this.#conversations.size, 0);
    assertEquals(
      [...this.fates].filter(([, fate]) => fate === "wanted"),
      [],
    );
    this.pass(this.now + 1e6);
  }

  #gap(from: Seq, count: number): void {
    if (this.fates.has(from)) return;
    for (let seq = from; seq < from + count; seq++) this.fates.set(seq, "wanted");
    this.client.onGap(from, from + count, this.now);
    this.#heed();
  }

  #filled(pick: number, count: number): void {
    const wanted = [...this.fates].filter(([, fate]) => fate === "wanted").map(([seq]) => seq);
    const from = wanted[Math.floor(pick * wanted.length)];
    if (from === undefined) return;
    let until = from;
    while (until < from + count && this.fates.get(until) === "wanted") {
      this.fates.set(until++, "filled");
    }
    this.client.onFilled(from, until);
    this.#heed();
  }

  #happen(kind: Event["kind"], id: number, count: number): void {
    const conversation = this.#conversations.get(id)!;
    const opening = kind === "connected" || kind === "refused";
    if (conversation.asked === opening && kind !== "closed") return;
    this.#speaker = conversation;
    switch (kind) {
      case "connected":
        conversation.asked = true;
        this.#reached = true;
        this.client.onConnected(id, this.now);
        break;
      case "answer": {
        const end = Math.min(conversation.next + count, conversation.until);
        for (let seq = conversation.next; seq < end; seq++)
          this.#say(id, this.#codec.message(seq, NONE));
        if (end === conversation.until) this.client.onEnd(id, this.now);
        break;
      }
      case "wrong":
        this.#say(id, this.#codec.message(conversation.next + count, NONE));
        this.client.onEnd(id, this.now);
        break;
      case "garbage":
        this.#say(id, Uint8Array.of(count, 0x80 + count, 0x0a));
        break;
      case "not-found":
        this.#say(id, this.#codec.notFound(conversation.next, conversation.until));
        this.client.onEnd(id, this.now);
        break;
      case "end":
        this.client.onEnd(id, this.now);
        break;
      default:
        this.client.onClosed(id, kind === "closed" && count % 2 === 0 ? undefined : kind, this.now);
    }
    this.#heed();
    this.#speaker = undefined;
  }

  /** In two pieces, which are gone when the call returns. */
  #say(id: number, bytes: Uint8Array): void {
    for (const piece of [bytes.slice(0, 1), bytes.slice(1)]) {
      this.client.onBytes(id, piece, this.now);
      piece.fill(0xdd);
    }
  }

  #heed(): void {
    for (const call of this.#recorded.take()) this.#onCall(call);
    assert(this.#conversations.size <= this.policy.inFlightMax, "too many in flight");
    assert(this.client.deadline() > this.now, "what is due was done");
    if (!this.client.idle) assert(this.client.deadline() < NEVER, "waits for nothing");
  }

  #onCall(call: CallOf<RecoveryClientSink>): void {
    switch (call[0]) {
      case "asking": {
        const [, from, until, attempt, now] = call;
        assert(until - from <= this.#codec.requestMax);
        assert(attempt <= this.policy.retries + 1, `attempt ${attempt}`);
        assertEquals(now, this.now);
        this.#expect(from, until, call);
        this.#attempts++;
        this.#asking = { until, next: from, asked: false };
        break;
      }
      case "connect":
        assert(this.#reached || this.#conversations.size === 0, "only one tries");
        this.#conversations.set(call[1], this.#asking!);
        break;
      case "requested":
        break;
      case "send": {
        const { next, until, asked } = this.#conversations.get(call[1])!;
        assert(asked);
        assertEquals(call[2], this.#codec.request(next, until));
        break;
      }
      case "close":
        assert(this.#conversations.delete(call[1]), `closed ${call[1]} twice`);
        break;
      case "recovered": {
        const [, seq] = call;
        assertEquals(seq, this.#speaker?.next);
        this.#speaker!.next++;
        const fate = this.fates.get(seq);
        assert(fate === "wanted" || fate === "filled", `recovered ${seq}, which was ${fate}`);
        this.fates.set(seq, "recovered");
        break;
      }
      case "unreachable":
        this.#reached = false;
        break;
      case "failed":
        this.#expect(call[1], call[2], call);
        break;
      case "abandoned":
        this.#expect(call[1], call[2], call);
        for (let seq = call[1]; seq < call[2]; seq++) this.fates.set(seq, "abandoned");
    }
  }

  /** Nobody cares any more about what was filled, recovered or given up. */
  #expect(from: Seq, until: Seq, call: CallOf<RecoveryClientSink>): void {
    for (let seq = from; seq < until; seq++) {
      assertEquals(this.fates.get(seq), "wanted", `${call[0]} ${seq}`);
    }
  }
}

const NONE = new Uint8Array();
