/** A recovery client between lines that lose and servers that do as they like. */
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

const KINDS = [
  ...(["gap", "connected", "answer", "filled", "wrong", "garbage", "not-found", "busy"] as const),
  ...([
    "again",
    "late",
    "accepted",
    "done",
    "end",
    "closed",
    "refused",
    "unavailable",
    "time",
  ] as const),
];

/** One thing that happens. `pick`, a share, chooses among what there is to choose from then. */
export interface Event {
  readonly kind: (typeof KINDS)[number];
  readonly pick: number;
  readonly count: number;
}

/** What happens to a client, in any order. */
export const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Event["kind"]>("gap", "connected", "answer") },
      { weight: 6, arbitrary: fc.constantFrom<Event["kind"]>(...KINDS) },
      {
        weight: 6,
        arbitrary: fc.constantFrom<Event["kind"]>("time", "again", "connected", "late"),
      },
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
  jitter: fc.constant(0),
  giveUp: fc.integer({ min: 1, max: 200 }),
  mergeWindow: fc.constantFrom(0, 3),
  mergeAcross: fc.constantFrom(0, 20),
  requestMax: fc.constantFrom(Infinity, 2),
  quota: fc.constantFrom(undefined, { requests: 2, per: 7 }),
});

interface Asking {
  readonly number: number;
  readonly until: Seq;
  /** The next number that the client could be told. */
  next: Seq;
}

interface Conversation {
  open: boolean;
  requests: Asking[];
}

/** Each gap lies in a block of its own: numbers are missed once. */
const BLOCK = 16;
const BLOCKS = 1000;

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** The client, and what is known of each number from its calls alone. */
export class RecoveryWorld {
  readonly client: RecoveryClient;
  readonly policy: RecoveryPolicy;
  readonly fates = new Map<Seq, "wanted" | "recovered" | "filled" | "abandoned">();
  now: Nanos = 0;
  #codec: RecoveryCodec;
  #recorded = record<RecoveryClientSink>();
  #conversations = new Map<number, Conversation>();
  /** What a server has just said. */
  #said = new Set<Seq>();
  #attempts = 0;
  #wakes = 0;
  #connects = 0;
  #servers: number;

  constructor(codec: RecoveryCodec, policy: RecoveryPolicy, servers: number) {
    this.#servers = servers;
    this.#codec = codec;
    this.policy = policy;
    this.client = new RecoveryClient(codec, policy, this.#recorded.sink, { servers });
  }

  /** Lets it happen, if it can. */
  play({ kind, pick, count }: Event): void {
    if (kind === "gap") return this.#gap(Math.floor(pick * BLOCKS) * BLOCK, count);
    if (kind === "time") return this.pass(this.now + count);
    if (kind === "filled" || kind === "unavailable") return this.#filled(kind, pick, count);
    if (kind === "again") return this.#again();
    if (kind === "late") return this.#late(count);
    const ids = [...this.#conversations.keys()];
    const id = ids[Math.floor(pick * ids.length)];
    if (id !== undefined) this.#happen(kind, id, pick, count);
  }

  /** Time passes, through every deadline. */
  pass(until: Nanos): void {
    for (let due = this.client.deadline(); due <= until; due = this.client.deadline()) {
      this.now = Math.max(this.now, due);
      this.client.onDeadline(this.now);
      this.#wakes++;
      this.#heed();
      assert(this.client.deadline() > this.now, "the client spins");
      // A wake ends an attempt, begins one, gives up, or lets a connection go.
      const wakes = 3 * (this.#attempts + this.fates.size) + this.#connects;
      assert(this.#wakes <= wakes, `${this.#wakes} wakes`);
    }
    this.now = Math.max(this.now, until);
  }

  /** Nothing more is missed; the server answers everything, or nothing ever again. */
  finish(server: "answers" | "is silent"): void {
    while (!this.client.idle) {
      const waits = [...this.#conversations].find(
        ([, { open, requests }]) => !open || requests.some(({ next, until }) => next < until),
      );
      if (server === "answers" && waits !== undefined) {
        this.#happen(waits[1].open ? "answer" : "connected", waits[0], 0, Infinity);
      } else this.pass(this.client.deadline());
    }
    assertEquals(
      [...this.fates].filter(([, fate]) => fate === "wanted"),
      [],
    );
    this.pass(this.now + 1e6);
    const { connection, over } = this.#codec;
    const kept = connection === "many" ? (over === "stream" ? 1 : this.#servers) : 0;
    assert(this.#conversations.size <= kept);
  }

  #gap(from: Seq, count: number): void {
    if (this.fates.has(from)) return;
    for (let seq = from; seq < from + count; seq++) this.fates.set(seq, "wanted");
    this.client.onGap(from, from + count, this.now);
    this.#heed();
  }

  #filled(kind: "filled" | "unavailable", pick: number, count: number): void {
    const wanted = [...this.fates].filter(([, fate]) => fate === "wanted").map(([seq]) => seq);
    const from = wanted[Math.floor(pick * wanted.length)];
    if (from === undefined) return;
    let until = from;
    while (until < from + count && this.fates.get(until) === "wanted") until++;
    if (kind === "unavailable") this.client.onUnavailable(from, until, this.now);
    else {
      for (let seq = from; seq < until; seq++) this.fates.set(seq, "filled");
      this.client.onFilled(from, until, this.now);
    }
    this.#heed();
    const open = [...Array(until - from).keys()].filter(
      (i) => this.fates.get(from + i) === "wanted",
    );
    assertEquals(open, [], kind);
  }

  /** What was asked goes unanswered, and is asked again. */
  #again(): void {
    const known = new Set(this.#conversations.keys());
    for (let wakes = 0; wakes < 3; wakes++) {
      this.pass(Math.min(this.client.deadline(), this.now + 1e3));
      const fresh = [...this.#conversations.keys()].find((id) => !known.has(id));
      if (fresh !== undefined) return this.#happen("connected", fresh, 0, 1);
    }
  }

  /** The oldest connection brings its answer after all, when others have asked the same. */
  #late(count: number): void {
    const [oldest] = this.#conversations;
    if (oldest === undefined) return;
    const [id, { open, requests }] = oldest;
    if (open) for (const asked of requests) this.#answer(id, asked, count);
    this.#heed();
  }

  #happen(kind: Event["kind"], id: number, pick: number, count: number): void {
    const conversation = this.#conversations.get(id)!;
    const opening = kind === "connected" || kind === "refused";
    if (conversation.open === opening && kind !== "closed") return;
    const { requests } = conversation;
    const request = requests[Math.floor(pick * requests.length)];
    const number = request?.number ?? 1;
    switch (kind) {
      case "connected":
        conversation.open = true;
        this.client.onConnected(id, this.now);
        break;
      case "answer":
        // A dialogue of one request is answered from its first; of others, as the server likes.
        for (const asked of request === undefined
          ? []
          : count === Infinity
            ? requests
            : [request]) {
          this.#answer(id, asked, count);
        }
        break;
      case "wrong":
        this.#say(id, `${Math.max(0, ...requests.map(({ until }) => until)) + BLOCK * BLOCKS}`);
        break;
      case "garbage":
        this.#say(id, "\x01\xff");
        break;
      case "not-found":
        this.#say(id, `no ${number}`);
        break;
      case "busy":
        this.#say(id, `busy ${number}`);
        break;
      case "accepted":
        this.#say(id, `ok ${number}`);
        break;
      case "done":
        this.#say(id, `done ${number}`);
        break;
      case "end":
        this.client.onEnd(id, this.now);
        break;
      default:
        this.client.onClosed(id, kind === "closed" && count % 2 === 0 ? undefined : kind, this.now);
    }
    this.#heed();
  }

  #answer(id: number, request: Asking, count: number): void {
    const end = Math.min(request.next + count, request.until);
    if (this.#codec.repairs === "group") {
      this.#say(id, `ok ${request.number}`);
      for (let seq = request.next; seq < end; seq++) {
        if (this.fates.get(seq) !== "wanted") continue;
        this.fates.set(seq, "filled");
        this.client.onFilled(seq, seq + 1, this.now);
        this.#heed();
      }
    } else {
      const from = request.next;
      for (let seq = from; seq < end && this.#conversations.has(id); seq++) {
        this.#said.add(seq);
        this.#say(id, String(seq));
        this.#said.clear();
      }
    }
    request.next = end;
  }

  /** In two pieces, if it is a stream; they are gone when the call returns. */
  #say(id: number, line: string): void {
    const bytes = utf8.encode(`${line}\n`);
    const pieces =
      this.#codec.over === "stream" ? [bytes.slice(0, 1), bytes.slice(1)] : [bytes.slice()];
    for (const piece of pieces) {
      this.client.onBytes(id, piece, this.now);
      piece.fill(0xdd);
    }
    this.#heed();
  }

  #heed(): void {
    for (const call of this.#recorded.take()) this.#onCall(call);
    const { connection, over } = this.#codec;
    const { inFlightMax } = this.policy;
    // Those that are only listened to, after they were given up or left, are as many at most.
    const lingering = over === "datagram" || connection === "follow" ? inFlightMax : 0;
    // Where datagrams go, each server has one of its own; those that wait for an answer stay.
    const one = connection === "many" && over === "stream";
    const most = one ? 1 : inFlightMax + lingering + (connection === "many" ? 1 : 0);
    assert(this.#conversations.size <= most, `${this.#conversations.size} connections`);
    assert(this.client.deadline() > this.now, "what is due was done");
    if (!this.client.idle) assert(this.client.deadline() < NEVER, "waits for nothing");
  }

  #onCall(call: CallOf<RecoveryClientSink>): void {
    switch (call[0]) {
      case "asking": {
        const [, from, until, attempt, now] = call;
        const { connection, requestMax } = this.#codec;
        const most = connection === "follow" ? Infinity : this.policy.requestMax;
        assert(until - from <= Math.min(requestMax, most));
        assert(attempt <= this.policy.retries + 1, `attempt ${attempt}`);
        assertEquals(now, this.now);
        assertEquals(this.fates.get(from), "wanted");
        assertEquals(this.fates.get(until - 1), "wanted");
        this.#attempts++;
        break;
      }
      case "connect":
        this.#connects++;
        this.#conversations.set(call[1], { open: false, requests: [] });
        break;
      case "send": {
        const conversation = this.#conversations.get(call[1]);
        assert(conversation?.open);
        const [, from, until] = /^GET (\d+) (\d+|on)\n$/.exec(text.decode(call[2])) ?? [];
        if (from === undefined) break;
        const number = conversation.requests.length + 1;
        const end = until === "on" ? BLOCKS * BLOCK : Number(until);
        conversation.requests.push({ number, next: Number(from), until: end });
        break;
      }
      case "close":
        assert(this.#conversations.delete(call[1]), `closed ${call[1]} twice`);
        break;
      case "recovered": {
        const [, seq] = call;
        assert(this.#said.has(seq), `recovered ${seq}, which nobody said`);
        const fate = this.fates.get(seq);
        assert(fate === "wanted" || fate === "filled", `recovered ${seq}, which was ${fate}`);
        this.fates.set(seq, "recovered");
        break;
      }
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
