import { type Seq, SEQ_MAX } from "../../../core/seq.ts";
import type { DecodeFault } from "../../codec.ts";
import { showBytes, showSession } from "../../show.ts";
import type { Asked, Refusal, RequestSink, ServerDialogue } from "../recovery.ts";
import {
  LENGTH_BYTES,
  numberAt,
  PASSWORD_BYTES,
  putSoupHeader,
  putText,
  SEQ_BYTES,
  SESSION_BYTES,
  sessionAt,
  soupPacket,
  SoupStream,
  textAt,
  TYPES,
  USERNAME_BYTES,
  withoutBlanks,
} from "./packets.ts";

/** Who may log in; undefined: whoever wants to. */
export type SoupGuard = { readonly username: string; readonly password: string } | undefined;

const LOGIN_BYTES = USERNAME_BYTES + PASSWORD_BYTES + SESSION_BYTES + SEQ_BYTES;
/** Version 4.10 appends a heartbeat timeout. */
const LOGIN_4_10_BYTES = LOGIN_BYTES + 5;

const NOT_AUTHORIZED = 0x41;
const NO_SUCH_SESSION = 0x53;

/** Long enough for most messages; a longer one makes it grow. */
const SCRATCH_BYTES = 256;

/**
 * A server that is asked once, and from then on only counts.
 *
 *     login   -> asked      Login Request
 *     login   -> over       a login by somebody else, or what cannot be there
 *     asked   -> sending    begin: Login Accepted
 *     asked   -> over       refuse: Login Rejected
 *     sending -> over       End of Session, Logout Request, or what cannot be there
 */
export class SoupServer implements ServerDialogue {
  readonly settled = false;
  #out: RequestSink;
  #guard: SoupGuard;
  #stream = new SoupStream((bytes, start, end) => this.#onPacket(bytes, start, end));
  #state: "login" | "asked" | "sending" | "over" = "login";
  #next: Seq = 0;
  #scratch = new Uint8Array(SCRATCH_BYTES);

  constructor(out: RequestSink, guard: SoupGuard) {
    this.#out = out;
    this.#guard = guard;
  }

  push(bytes: Uint8Array): void {
    this.#stream.push(bytes);
  }

  end(): void {
    const { rest } = this.#stream;
    if (this.#state === "over" || rest.length === 0) return;
    this.#out.fault("truncated", shown(rest, LENGTH_BYTES, rest.length));
  }

  /** Further ranges need no word: they continue the count. */
  begin(_request: number, { session, from }: Asked): void {
    if (this.#state !== "asked") return;
    this.#state = "sending";
    this.#next = from;
    const bytes = soupPacket(TYPES.accepted, SESSION_BYTES + SEQ_BYTES);
    putText(bytes, 3, SESSION_BYTES, withoutBlanks(session), "before");
    putText(bytes, 13, SEQ_BYTES, String(from), "before");
    this.#out.reply(bytes);
  }

  /** Only the next one can be sent: nothing in the stream could tell that another is not it. */
  message(seq: Seq, message: Uint8Array): void {
    if (this.#state !== "sending" || seq !== this.#next) return;
    if (this.#scratch.length < message.length + 3) {
      this.#scratch = new Uint8Array(2 * message.length + 3);
    }
    const start = putSoupHeader(this.#scratch, TYPES.sequenced, message.length);
    this.#scratch.set(message, start);
    this.#next++;
    this.#out.reply(this.#scratch.subarray(0, start + message.length));
  }

  finish(): void {}

  refuse(_request: number, _asked: Asked, why: Refusal): void {
    // Once somebody was let in, or was told why not, there is no word for it.
    if (this.#state !== "login" && this.#state !== "asked") return;
    this.#reject(why === "quota" || why === "too-many" ? NOT_AUTHORIZED : NO_SUCH_SESSION);
  }

  heartbeat(): void {
    if (this.#state === "sending") this.#out.reply(soupPacket(TYPES.serverHeartbeat));
  }

  endOfSession(): void {
    if (this.#state !== "sending") return;
    this.#state = "over";
    this.#out.reply(soupPacket(TYPES.endOfSession));
  }

  #onPacket(bytes: Uint8Array, start: number, end: number): boolean {
    const fault = start === end ? "bad-length" : this.#read(bytes, start, end);
    if (fault !== undefined) {
      // Before the login, the machine may yet refuse: only then is there a word for it.
      if (this.#state !== "login") this.#state = "over";
      this.#out.fault(fault, shown(bytes, start, end));
    }
    return fault === undefined && this.#state !== "over";
  }

  #read(bytes: Uint8Array, start: number, end: number): DecodeFault | undefined {
    const payload = start + 1;
    switch (bytes[start]) {
      case TYPES.debug:
        return undefined;
      case TYPES.unsequenced:
        this.#out.alive();
        return undefined;
      case TYPES.clientHeartbeat:
        if (payload !== end) return "bad-length";
        this.#out.alive();
        return undefined;
      case TYPES.logout:
        if (payload !== end) return "bad-length";
        this.#state = "over";
        this.#out.left();
        return undefined;
      case TYPES.login:
        return this.#state === "login" ? this.#onLogin(bytes, payload, end) : "bad-kind";
      default:
        return "bad-kind";
    }
  }

  #onLogin(bytes: Uint8Array, start: number, end: number): DecodeFault | undefined {
    const length = end - start;
    if (length !== LOGIN_BYTES && length !== LOGIN_4_10_BYTES) return "bad-length";
    const username = textAt(bytes, start, USERNAME_BYTES);
    const password = textAt(bytes, start + 6, PASSWORD_BYTES);
    const session = sessionAt(bytes, start + 16);
    const from = numberAt(bytes, start + 26);
    if (typeof from === "string") return from;
    if (!admits(this.#guard, username, password)) {
      this.#reject(NOT_AUTHORIZED);
      return "not-authorized";
    }
    this.#state = "asked";
    const who = username === "" ? "login" : `login of ${showSession(username)}`;
    this.#out.request(
      1,
      { session, from: from === 0 ? undefined : from, until: SEQ_MAX },
      `${who} ${describeLogin(session, from)}`,
    );
    return undefined;
  }

  #reject(reason: number): void {
    this.#state = "over";
    const bytes = soupPacket(TYPES.rejected, 1);
    bytes[3] = reason;
    this.#out.reply(bytes);
  }
}

/** A packet for people. Of a login, only whose it is: a password is nobody's business. */
function shown(bytes: Uint8Array, start: number, end: number): string {
  if (start === end || bytes[start] !== TYPES.login) return showBytes(bytes.subarray(start, end));
  const name = end - start > USERNAME_BYTES ? textAt(bytes, start + 1, USERNAME_BYTES) : "";
  return `login of ${showSession(name)}, ${end - start} bytes`;
}

/** What a login asks for, as a person would say it: blanks mean the session of the day. */
export function describeLogin(session: string, from: Seq): string {
  const where = session === "" ? "the current session" : showSession(session);
  return `to ${where} from ${from === 0 ? "the newest message" : from}`;
}

/** Neither username nor password knows upper from lower case. */
function admits(guard: SoupGuard, username: string, password: string): boolean {
  if (guard === undefined) return true;
  return same(guard.username, username) && same(guard.password, password);
}

function same(one: string, other: string): boolean {
  return one.toUpperCase() === other.toUpperCase();
}
