/** A recovery server that is fed text, and says in plain tuples what that led to. */
import { assert } from "@std/assert";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { demo } from "../../modules/codecs/demo.ts";
import type { Seq } from "../../modules/core/seq.ts";
import { MILLISECOND, type Nanos } from "../../modules/core/time.ts";
import {
  RECOVERY_LIMITS,
  type RecoveryLimits,
  RecoveryServer,
  type RecoveryServerParts,
  type RecoveryServerSink,
} from "../../modules/protocol/recovery-server.ts";
import { record } from "../support/record.ts";

const text = new TextDecoder("latin1");

/** How the demo answers: one message a connection. */
export const demoCodec: RecoveryCodec = demo.create({}, { epochMs: 0 }).recovery;

/** A server and what it did; each call returns what it led to. Times are in milliseconds. */
export class ServerBench {
  readonly server: RecoveryServer;
  now = 0;
  /** False: whoever is sent something has no room for more. */
  room = true;
  readonly #recorded = record<RecoveryServerSink>();

  constructor(
    limits: Partial<RecoveryLimits> = {},
    codec: RecoveryCodec = demoCodec,
    parts: RecoveryServerParts = {},
  ) {
    const { sink } = this.#recorded;
    const withRoom: RecoveryServerSink = {
      lookUp: (...args) => sink.lookUp(...args),
      end: (id) => sink.end(id),
      destroy: (id) => sink.destroy(id),
      reset: (id) => sink.reset(id),
      struck: (...args) => sink.struck(...args),
      request: (...args) => sink.request(...args),
      refused: (...args) => sink.refused(...args),
      send: (id, bytes) => {
        sink.send(id, bytes);
        return this.room;
      },
      repair: (bytes) => {
        sink.repair(bytes);
        return this.room;
      },
    };
    this.server = new RecoveryServer(codec, { ...RECOVERY_LIMITS, ...limits }, withRoom, parts);
  }

  opened(id: number, peer = `peer${id}`): unknown[][] {
    this.server.onOpened(id, peer, this.ns);
    return this.take();
  }

  bytes(id: number, bytes: string): unknown[][] {
    const lent = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
    this.server.onBytes(id, lent, this.ns);
    lent.fill(0xdd);
    return this.take();
  }

  end(id: number): unknown[][] {
    this.server.onEnd(id, this.ns);
    return this.take();
  }

  closed(id: number): unknown[][] {
    this.server.onClosed(id);
    return this.take();
  }

  drained(id: number): unknown[][] {
    this.room = true;
    this.server.onDrained(id, this.ns);
    return this.take();
  }

  /** The store has these of what was looked up; it stops when it is told to. */
  found(id: number, ...seqs: Seq[]): unknown[][] {
    for (const seq of seqs) if (!this.server.onMessage(id, seq, new Uint8Array())) break;
    this.server.onLookedUp(id);
    return this.take();
  }

  /** Time passes up to `now`, through every deadline. */
  pass(now: number): unknown[][] {
    for (let due = this.due; due <= now; due = this.due) {
      this.now = Math.max(this.now, due);
      this.server.onDeadline(this.ns);
      assert(this.due > this.now, "a deadline that was met is over");
    }
    this.now = now;
    return this.take();
  }

  /** The deadline, in milliseconds. */
  get due(): number {
    return this.server.deadline() / MILLISECOND;
  }

  get ns(): Nanos {
    return this.now * MILLISECOND;
  }

  /** The calls since the last time: times in milliseconds, bytes as text. */
  take(): unknown[][] {
    return this.#recorded.take().map((call) => {
      if (call[0] === "send") return ["send", call[1], text.decode(call[2])];
      if (call[0] === "repair") return ["repair", text.decode(call[1])];
      if (call[0] !== "request" && call[0] !== "refused") return call;
      return [...call.slice(0, -1), call[3] / MILLISECOND];
    });
  }
}
