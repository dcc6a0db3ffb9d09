import { invariant } from "../../../core/errors.ts";
import { MILLISECOND, type Nanos } from "../../../core/time.ts";
import { type Seq, SEQ_MAX } from "../../../core/seq.ts";
import type { DecodeFault } from "../../codec.ts";
import { showBytes } from "../../show.ts";
import type { AnswerSink, Asked, ClientDialogue } from "../recovery.ts";
import {
  numberAt,
  PASSWORD_BYTES,
  putText,
  SEQ_BYTES,
  SESSION_BYTES,
  sessionAt,
  soupPacket,
  SoupStream,
  TYPES,
  USERNAME_BYTES,
} from "./packets.ts";

/** Who a client says that it is. */
export interface SoupAccount {
  readonly username: string;
  readonly password: string;
  /** After how long a silence the server may give up; only a login of version 4.10 says so. */
  readonly heartbeatTimeout: Nanos | undefined;
}

const TIMEOUT_BYTES = 5;
const LOGIN_BYTES = USERNAME_BYTES + PASSWORD_BYTES + SESSION_BYTES + SEQ_BYTES;
const ACCEPTED_BYTES = SESSION_BYTES + SEQ_BYTES;

/**
 * A client that logs in and then counts what comes.
 *
 *     login     -> following    Login Accepted: the number of the first message
 *     login     -> over         Login Rejected
 *     following -> over         End of Session
 *     any       -> over         what cannot be there: without a count, nothing after it has a number
 */
export class SoupClient implements ClientDialogue {
  #out: AnswerSink;
  #account: SoupAccount;
  #stream = new SoupStream((bytes, start, end) => this.#onPacket(bytes, start, end));
  #state: "login" | "following" | "over" = "login";
  #request = 1;
  /** Where what was asked for ends; undefined once it is answered. */
  #until: Seq | undefined;
  #session = "";
  #next: Seq = 0;

  constructor(out: AnswerSink, account: SoupAccount) {
    this.#out = out;
    this.#account = account;
  }

  ask(request: number, { session, from, until }: Asked): Uint8Array {
    invariant(Number.isSafeInteger(from) && from >= 0, "a login for no safe number");
    this.#request = request;
    this.#until = until;
    const { username, password, heartbeatTimeout } = this.#account;
    const timeout = heartbeatTimeout === undefined ? 0 : TIMEOUT_BYTES;
    const bytes = soupPacket(TYPES.login, LOGIN_BYTES + timeout);
    putText(bytes, 3, USERNAME_BYTES, username, "after");
    putText(bytes, 9, PASSWORD_BYTES, password, "after");
    putText(bytes, 19, SESSION_BYTES, session, "after");
    putText(bytes, 29, SEQ_BYTES, String(from), "before");
    if (heartbeatTimeout !== undefined) {
      const milliseconds = String(Math.round(heartbeatTimeout / MILLISECOND));
      putText(bytes, 49, TIMEOUT_BYTES, milliseconds, "before");
    }
    return bytes;
  }

  push(bytes: Uint8Array): void {
    this.#stream.push(bytes);
  }

  end(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    const { rest } = this.#stream;
    if (rest.length > 0) this.#out.fault("truncated", showBytes(rest));
  }

  leave(): Uint8Array {
    return soupPacket(TYPES.logout);
  }

  heartbeat(): Uint8Array {
    return soupPacket(TYPES.clientHeartbeat);
  }

  #onPacket(bytes: Uint8Array, start: number, end: number): boolean {
    const fault = start === end ? "bad-length" : this.#read(bytes, start, end);
    if (fault !== undefined) {
      this.#state = "over";
      this.#out.fault(fault, showBytes(bytes.subarray(start, end)));
    }
    return this.#state !== "over";
  }

  #read(bytes: Uint8Array, start: number, end: number): DecodeFault | undefined {
    const type = bytes[start];
    const payload = start + 1;
    switch (type) {
      case TYPES.debug:
      case TYPES.unsequenced:
        return undefined;
      case TYPES.serverHeartbeat:
        return payload === end ? undefined : "bad-length";
      case TYPES.accepted:
        return this.#state === "login" ? this.#onAccepted(bytes, payload, end) : "bad-kind";
      case TYPES.rejected:
        return this.#state === "login" ? this.#onRejected(bytes, payload, end) : "bad-kind";
      case TYPES.sequenced:
        return this.#state === "following" ? this.#onMessage(bytes, payload, end) : "bad-kind";
      case TYPES.endOfSession:
        if (payload !== end) return "bad-length";
        this.#state = "over";
        this.#answered();
        return undefined;
      default:
        return "bad-kind";
    }
  }

  #onAccepted(bytes: Uint8Array, start: number, end: number): DecodeFault | undefined {
    if (end - start !== ACCEPTED_BYTES) return "bad-length";
    const next = numberAt(bytes, start + SESSION_BYTES);
    if (typeof next === "string") return next;
    this.#state = "following";
    this.#session = sessionAt(bytes, start);
    this.#next = next;
    this.#out.accepted(this.#request);
    this.#afterMessage();
    return undefined;
  }

  #onRejected(bytes: Uint8Array, start: number, end: number): DecodeFault | undefined {
    if (end - start !== 1) return "bad-length";
    this.#state = "over";
    this.#until = undefined;
    this.#out.refused(this.#request, reasonOf(bytes[start]!), true);
    return undefined;
  }

  #onMessage(bytes: Uint8Array, start: number, end: number): DecodeFault | undefined {
    if (this.#next > SEQ_MAX) return "seq-unsafe";
    this.#out.message(this.#session, this.#next++, bytes, start, end);
    this.#afterMessage();
    return undefined;
  }

  /** The server goes on with what is published, but that was not asked for. */
  #afterMessage(): void {
    if (this.#until !== undefined && this.#next >= this.#until) this.#answered();
  }

  #answered(): void {
    if (this.#until === undefined) return;
    this.#until = undefined;
    this.#out.answered(this.#request);
  }
}

function reasonOf(code: number): string {
  if (code === 0x41) return "not authorized: wrong username or password";
  if (code === 0x53) return "session not available";
  return `rejected, reason ${showBytes(Uint8Array.of(code))}`;
}
