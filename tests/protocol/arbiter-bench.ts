/** An arbiter that is fed text, and says in plain tuples what that led to. */
import { assert, assertEquals } from "@std/assert";
import { createView } from "../../modules/codecs/codec.ts";
import type { Seq } from "../../modules/core/seq.ts";
import type { Nanos } from "../../modules/core/time.ts";
import {
  Arbiter,
  ARBITER_DEFAULTS,
  type ArbiterOptions,
  type ArbiterSink,
} from "../../modules/protocol/arbiter.ts";
import { record } from "../support/record.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** An arbiter, and what it did; each message says its number. */
export class ArbiterBench {
  readonly arbiter: Arbiter;
  now: Nanos = 0;
  readonly #recorded = record<ArbiterSink>();

  constructor(options: Partial<ArbiterOptions> = {}) {
    this.arbiter = new Arbiter({ ...ARBITER_DEFAULTS, ...options }, this.#recorded.sink);
  }

  /** What a packet of a line led to. */
  line(line: number, seq: Seq, count = 1): unknown[][] {
    const messages = Array.from({ length: count }, (_, i) => `m${seq + i}`);
    const view = createView(count);
    view.seq = seq;
    view.count = count;
    view.bytes = utf8.encode(messages.join(""));
    let end = 0;
    messages.forEach((message, i) => {
      view.bounds[2 * i] = end;
      view.bounds[2 * i + 1] = end += message.length;
    });
    const believed = this.arbiter.onPacket(line, view, this.now);
    // Who keeps lent bytes is found out.
    view.bytes.fill(0xdd);
    view.bounds.fill(-1);
    return believed ? this.take() : [["not believed"], ...this.take()];
  }

  recover(seq: Seq): unknown[][] {
    const bytes = utf8.encode(`<m${seq}>`);
    const wanted = this.arbiter.onRecovered(seq, bytes, 1, bytes.length - 1, this.now);
    bytes.fill(0xdd);
    return wanted ? this.take() : [["not missing"], ...this.take()];
  }

  goOnFrom(seq: Seq): unknown[][] {
    this.arbiter.goOnFrom(seq, this.now);
    return this.take();
  }

  abandon(from: Seq, until: Seq): unknown[][] {
    this.arbiter.abandon(from, until, "why", this.now);
    return this.take();
  }

  /** Time passes up to `now`, through every deadline. */
  pass(now: Nanos): unknown[][] {
    for (let due = this.arbiter.deadline(); due <= now; due = this.arbiter.deadline()) {
      this.now = Math.max(this.now, due);
      this.arbiter.onDeadline(this.now);
      assert(this.arbiter.deadline() > this.now, "a deadline that was met is over");
    }
    this.now = now;
    return this.take();
  }

  take(): unknown[][] {
    return this.#recorded.take().map((call) => {
      if (call[0] !== "deliver") return call;
      const [name, seq, bytes, start, end, via, now] = call;
      assertEquals(text.decode(bytes.subarray(start, end)), `m${seq}`);
      return [name, seq, via, now];
    });
  }
}

/** `deliver` for each number of [from, until). */
export function delivered(from: Seq, until: Seq, now: Nanos = 0, via = "line"): unknown[][] {
  return Array.from({ length: until - from }, (_, i) => ["deliver", from + i, via, now]);
}
