/** A recovery client that is fed text, and says in plain tuples what that led to. */
import { assert } from "@std/assert";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { demo } from "../../modules/codecs/demo.ts";
import type { Seq } from "../../modules/core/seq.ts";
import { MILLISECOND, type Nanos, SECOND } from "../../modules/core/time.ts";
import {
  RecoveryClient,
  type RecoveryClientParts,
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
  jitter: 0,
  giveUp: 60 * SECOND,
  mergeWindow: 0,
  mergeAcross: 0,
  requestMax: Infinity,
  quota: undefined,
};

/** A client and what it did; each call returns what it led to. Times are in milliseconds. */
export class ClientBench {
  readonly client: RecoveryClient;
  now = 0;
  readonly #recorded = record<RecoveryClientSink>();

  constructor(
    policy: Partial<RecoveryPolicy> = {},
    codec: RecoveryCodec = demoCodec,
    parts: RecoveryClientParts = {},
  ) {
    const { sink } = this.#recorded;
    this.client = new RecoveryClient(codec, { ...POLICY, ...policy }, sink, parts);
  }

  gap(from: Seq, until: Seq): unknown[][] {
    this.client.onGap(from, until, this.#ns);
    return this.take();
  }

  filled(from: Seq, until: Seq): unknown[][] {
    this.client.onFilled(from, until, this.#ns);
    return this.take();
  }

  unavailable(from: Seq, until: Seq): unknown[][] {
    this.client.onUnavailable(from, until, this.#ns);
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

  /** The stages of the requests that are over, in milliseconds. */
  readonly stages: unknown[][] = [];
  /** What the client found wrong. */
  readonly wrong: string[] = [];

  /**
   * The calls since the last time: times in milliseconds, bytes as text. Stages and wrong answers are
   * kept apart, and the first server is not named.
   */
  take(): unknown[][] {
    const calls = this.#recorded.take().filter((call) => {
      if (call[0] === "wrongAnswer") this.wrong.push(call[1]);
      if (call[0] === "stages") {
        const times = Object.values(call[3]).map((time) => (time as Nanos) / MILLISECOND);
        this.stages.push([call[1], call[2], ...times]);
      }
      return call[0] !== "wrongAnswer" && call[0] !== "stages" && call[0] !== "finish";
    });
    return calls.map((call) => {
      if (call[0] === "send") return ["send", call[1], text.decode(call[2])];
      if (call[0] === "connect") return call[2] === 0 ? call.slice(0, 2) : call;
      if (call[0] === "close") return call;
      const args = call[0] === "recovered" ? spoken(call) : call;
      return [...args.slice(0, -1), (call.at(-1) as Nanos) / MILLISECOND];
    });
  }
}

function spoken(call: readonly unknown[]): unknown[] {
  const [name, seq, bytes, start, end, now] = call as [string, Seq, Uint8Array, ...number[]];
  return [name, seq, text.decode(bytes.subarray(start, end)), now];
}
