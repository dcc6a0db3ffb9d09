/** A recovery client that is fed text, and says in plain tuples what that led to. */
import { assert } from "@std/assert";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { demo } from "../../modules/codecs/demo.ts";
import type { Seq } from "../../modules/core/seq.ts";
import { MILLISECOND, type Nanos, SECOND } from "../../modules/core/time.ts";
import {
  RecoveryClient,
  type RecoveryClientSink,
  type RecoveryPolicy,
} from "../../modules/protocol/recovery-client.ts";
import { record } from "../support/record.ts";

/** How the demo asks: for one message at a time. */
export const demoCodec: RecoveryCodec = demo.create({}, { epochMs: 0 }).recovery;
const utf8 = new TextEncoder();
const text = new TextDecoder();

const POLICY: RecoveryPolicy = {
  inFlightMax: 3,
  timeout: 1 * SECOND,
  retries: 3,
  backoffMin: 100 * MILLISECOND,
  backoffMax: 300 * MILLISECOND,
  giveUp: 60 * SECOND,
};

/** A client and what it did; each call returns what it led to. Times are in milliseconds. */
export class ClientBench {
  readonly client: RecoveryClient;
  now = 0;
  readonly #recorded = record<RecoveryClientSink>();

  constructor(policy: Partial<RecoveryPolicy> = {}, codec: RecoveryCodec = demoCodec) {
    this.client = new RecoveryClient(codec, { ...POLICY, ...policy }, this.#recorded.sink);
  }

  gap(from: Seq, until: Seq): unknown[][] {
    this.client.onGap(from, until, this.#ns);
    return this.take();
  }

  filled(from: Seq, until: Seq): unknown[][] {
    this.client.onFilled(from, until);
    return this.take();
  }

  connected(id: number): unknown[][] {
    this.client.onConnected(id, this.#ns);
    return this.take();
  }

  bytes(id: number, bytes: string): unknown[][] {
    const lent = utf8.encode(bytes);
    this.client.onBytes(id, lent, this.#ns);
    lent.fill(0xdd);
    return this.take();
  }

  end(id: number): unknown[][] {
    this.client.onEnd(id, this.#ns);
    return this.take();
  }

  closed(id: number, reason?: string): unknown[][] {
    this.client.onClosed(id, reason, this.#ns);
    return this.take();
  }

  /** The whole answer, and the end. */
  answer(id: number, bytes: string): unknown[][] {
    return [...this.bytes(id, bytes), ...this.end(id)];
  }

  /** Time passes up to `now`, through every deadline. */
  pass(now: number): unknown[][] {
    for (let due = this.due; due <= now; due = this.due) {
      this.now = Math.max(this.now, due);
      this.client.onDeadline(this.#ns);
      assert(this.due > this.now, "a deadline that was met is over");
    }
    this.now = now;
    return this.take();
  }

  /** The deadline, in milliseconds. */
  get due(): number {
    return this.client.deadline() / MILLISECOND;
  }

  get #ns(): Nanos {
    return this.now * MILLISECOND;
  }

  /** The calls since the last time: times in milliseconds, bytes as text. */
  take(): unknown[][] {
    return this.#recorded.take().map((call) => {
      if (call[0] === "send") return ["send", call[1], text.decode(call[2])];
      if (call[0] === "connect" || call[0] === "close") return call;
      const args = call[0] === "recovered" ? spoken(call) : call;
      return [...args.slice(0, -1), (call.at(-1) as Nanos) / MILLISECOND];
    });
  }
}

function spoken(call: readonly unknown[]): unknown[] {
  const [name, seq, bytes, start, end, now] = call as [string, Seq, Uint8Array, ...number[]];
  return [name, seq, text.decode(bytes.subarray(start, end)), now];
}
