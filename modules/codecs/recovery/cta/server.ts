/** Who sends blocks of the tape again; messages.ts says in which words. */
import { readU16be } from "../../../core/integers.ts";
import type { Seq, SeqRange } from "../../../core/seq.ts";
import type { Nanos } from "../../../core/time.ts";
import { BLOCK_MAX } from "../../cta/layout.ts";
import type { BlockWriter } from "../../cta/writer.ts";
import type { Asked, Refusal, RequestSink, ServerDialogue } from "../recovery.ts";
import { Repacker } from "../repacker.ts";
import { Sized } from "../sized.ts";
import {
  type CtaMessage,
  type CtaStatus,
  describeRequest,
  readRequest,
  REQUEST_SIZE,
  writeResponse,
} from "./messages.ts";

const REFUSALS: Readonly<Record<Refusal, CtaStatus>> = {
  "not-found": "N",
  "too-many": "M",
  quota: "Q",
  session: "L",
};

/** A server's side of a connection. */
export class CtaServer implements ServerDialogue {
  readonly settled = false;
  #of: Pick<CtaMessage, "feed" | "line">;
  #out: RequestSink;
  #blocks: Sized;
  #repairs: Repacker;
  /** Where each request begins that has no answer yet. */
  #asked = new Map<number, Seq>();
  /** The request whose answer is under way, where it began, and what is sent for it. */
  #request = 0;
  #first: Seq = 0;
  #granted: SeqRange = { from: 0, until: 0 };

  /** `writer`: of blocks that are sent again. */
  constructor(of: Pick<CtaMessage, "feed" | "line">, writer: BlockWriter, out: RequestSink) {
    this.#of = of;
    this.#out = out;
    this.#repairs = new Repacker(writer, BLOCK_MAX, (packet) => out.repair(packet));
    this.#blocks = new Sized({
      sizeOf: readU16be,
      min: REQUEST_SIZE,
      max: REQUEST_SIZE,
      block: (bytes) => this.#onBlock(bytes),
      fault: (fault, text) => out.fault(fault, text),
    });
  }

  push(bytes: Uint8Array): void {
    this.#blocks.push(bytes);
  }

  end(): void {
    this.#blocks.end();
  }

  begin(request: number, { from, until }: Asked, atNs: Nanos): void {
    this.#request = request;
    this.#first = this.#asked.get(request) ?? from;
    this.#asked.delete(request);
    this.#granted = { from, until };
    this.#repairs.begin(atNs);
    // Of nothing, `finish` will say that it is not there.
    if (from < until) this.#respond(request, from, until, "A");
  }

  message(seq: Seq, message: Uint8Array): void {
    this.#repairs.message(seq, message);
  }

  finish(from: Seq, until: Seq): void {
    this.#repairs.finish();
    const some = this.#granted.from < this.#granted.until;
    if (from < until) this.#respond(this.#request, from, until, some ? "E" : "N");
    else if (some && this.#first < this.#granted.from) {
      this.#respond(this.#request, this.#first, this.#granted.from, "E");
    }
  }

  refuse(request: number, { from, until }: Asked, why: Refusal): void {
    this.#asked.delete(request);
    this.#respond(request, from, until, REFUSALS[why]);
  }

  #onBlock(bytes: Uint8Array): void {
    const asked = readRequest(bytes);
    if (asked === undefined) return this.#out.fault("bad-kind", "no request");
    const { feed, line, request, from, until } = asked;
    if (feed !== this.#of.feed || line !== this.#of.line) return this.#turnDown(asked, "L");
    if (until <= from) return this.#turnDown(asked, "R");
    this.#asked.set(request, from);
    this.#out.request(request, { session: "", from, until }, describeRequest(asked));
  }

  /** Refused by what is written in the request, whatever the server has. */
  #turnDown(asked: CtaMessage, status: CtaStatus): void {
    this.#out.reply(writeResponse(asked, status));
    this.#out.alive();
  }

  #respond(request: number, from: Seq, until: Seq, status: CtaStatus): void {
    this.#out.reply(writeResponse({ ...this.#of, request, from, until }, status));
  }
}
