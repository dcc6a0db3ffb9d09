/** Who asks for blocks of the tape again; messages.ts says in which words. */
import { readU16be } from "../../../core/integers.ts";
import type { AnswerSink, Asked, ClientDialogue } from "../recovery.ts";
import { Sized } from "../sized.ts";
import { type CtaMessage, readResponse, RESPONSE_SIZE, writeRequest } from "./messages.ts";

/** Why, for people, and whether asking again is no use. */
const REASONS: ReadonlyMap<string, readonly [reason: string, final: boolean]> = new Map([
  ["N", ["not there", true]],
  ["M", ["too many for one request", true]],
  ["Q", ["asked too often", false]],
  ["L", ["no such feed or line", true]],
  ["R", ["the last number is before the first", true]],
]);

/** A client's side of a connection; what it asks for arrives elsewhere. */
export class CtaClient implements ClientDialogue {
  #of: Pick<CtaMessage, "feed" | "line">;
  #out: AnswerSink;
  #blocks: Sized;

  constructor(of: Pick<CtaMessage, "feed" | "line">, out: AnswerSink) {
    this.#of = of;
    this.#out = out;
    this.#blocks = new Sized({
      sizeOf: readU16be,
      min: RESPONSE_SIZE,
      max: RESPONSE_SIZE,
      block: (bytes) => this.#onBlock(bytes),
      fault: (fault, text) => out.fault(fault, text),
    });
  }

  ask(request: number, { from, until }: Asked): Uint8Array {
    const { feed, line } = this.#of;
    return writeRequest({ feed, line, request, from, until });
  }

  push(bytes: Uint8Array): void {
    this.#blocks.push(bytes);
  }

  end(): void {
    this.#blocks.end();
  }

  #onBlock(bytes: Uint8Array): void {
    const response = readResponse(bytes);
    if (response === undefined) return this.#out.fault("bad-kind", "no response");
    const { request, status } = response;
    if (status === "A") return this.#out.accepted(request);
    if (status === "E") return this.#out.answered(request);
    const [reason, final] = REASONS.get(status) ?? [];
    if (reason !== undefined) return this.#out.refused(request, reason, final === true);
    this.#out.fault("bad-message", `no status ${JSON.stringify(status)}`);
  }
}
