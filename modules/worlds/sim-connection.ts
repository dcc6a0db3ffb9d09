/** Connections in virtual time: byte streams, and exchanges of datagrams. */
import { type Clock, MICROSECOND, type Nanos } from "../core/time.ts";
import { adviceOn, cannot } from "./advice.ts";
import {
  type CloseReason,
  type Connection,
  type Ends,
  type StreamHandler,
  WRITE_HELD_MAX,
} from "./world.ts";

/** How long a packet, or a piece of a byte stream, is under way: about what loopback takes. */
export const SIM_LATENCY: Nanos = 10 * MICROSECOND;

/** One end of a byte stream. What is written arrives at the other one latency later, in order. */
export class SimConnection implements Connection {
  readonly peer: string;
  ends: Ends | undefined = undefined;
  /** Resolves when the handler has had its last call. */
  readonly closed: Promise<void>;
  /** True after `closed` was called, or will be. */
  gone = false;
  #clock: Clock;
  #handler: StreamHandler;
  #other: SimConnection | undefined;
  /** What was done before there was anybody at the other end. */
  #early: ((other: SimConnection) => void)[] = [];
  #endSent = false;
  #endReceived = false;
  #reason: CloseReason | undefined;
  /** Bytes on their way to the other end. */
  #held = 0;
  #full = false;
  #wasClosed: () => void = () => {};

  constructor(clock: Clock, peer: string, handler: StreamHandler) {
    this.#clock = clock;
    this.peer = peer;
    this.#handler = handler;
    this.closed = new Promise((resolve) => (this.#wasClosed = resolve));
  }

  /** There is somebody at the other end now. */
  meet(other: SimConnection): void {
    this.#other = other;
    for (const act of this.#early.splice(0)) this.#later(act);
  }

  write(bytes: Uint8Array): boolean {
    if (this.gone || this.#endSent) return true;
    const copy = bytes.slice();
    this.#held += copy.length;
    this.#full ||= this.#held >= WRITE_HELD_MAX;
    this.#later((other) => {
      const { length } = copy;
      other.#handler.received(other, copy);
      // Lent: who keeps the bytes is found out at once.
      copy.fill(0xdd);
      this.#onTaken(length);
    });
    return !this.#full;
  }

  end(): void {
    if (this.gone || this.#endSent) return;
    this.#endSent = true;
    this.#later((other) => {
      other.#endReceived = true;
      other.#handler.ended(other);
      other.#closeWhenBothEnded();
    });
    this.#closeWhenBothEnded();
  }

  destroy(): void {
    // Whoever drops it does not ask why it would have closed.
    this.#reason = undefined;
    if (this.gone) return;
    // After both ends have finished this is an ordinary close; before, the peer sees a reset.
    if (this.#endReceived && this.#endSent) this.close(undefined);
    else this.reset();
  }

  reset(): void {
    this.#reason = undefined;
    if (this.gone) return;
    const lost = adviceOn(undefined, "ECONNRESET");
    this.#later((other) => {
      const message = `Lost the connection with ${other.peer}: ${lost}`;
      other.close({ kind: "reset", message });
    });
    this.close(undefined);
  }

  /** Tells the handler, once, in an instant of its own: a sink never calls back. */
  close(reason: CloseReason | undefined): void {
    if (this.gone) return;
    this.gone = true;
    this.#reason = reason;
    this.#clock.at(this.#clock.now(), () => {
      this.#handler.closed(this, this.#reason);
      this.#wasClosed();
    });
  }

  #onTaken(bytes: number): void {
    this.#held -= bytes;
    if (!this.#full || this.#held > WRITE_HELD_MAX / 2) return;
    this.#full = false;
    if (!this.gone && !this.#endSent) this.#handler.drained?.(this);
  }

  #closeWhenBothEnded(): void {
    if (this.#endSent && this.#endReceived) this.close(undefined);
  }

  #later(act: (other: SimConnection) => void): void {
    const other = this.#other;
    if (other === undefined) {
      this.#early.push(act);
      return;
    }
    this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
      if (!other.gone) act(other);
    });
  }
}

/** One end of an exchange of datagrams. What is written arrives one latency later, in order. */
export class SimExchange implements Connection {
  readonly peer: string;
  ends: Ends | undefined = undefined;
  /** Resolves when the handler has had its last call. */
  readonly closed: Promise<void>;
  /** True after `closed` was called, or will be. */
  gone = false;
  #clock: Clock;
  #handler: StreamHandler;
  #arrive: (bytes: Uint8Array) => void;
  #state: "opening" | "open" | "ending" = "opening";
  /** What was written before it opened. */
  #early: Uint8Array[] = [];
  #atServer = false;
  #held = 0;
  #full = false;
  #reason: CloseReason | undefined;
  #wasClosed: () => void = () => {};

  /** `arrive` is given each datagram when it has come to the other end. */
  constructor(
    clock: Clock,
    peer: string,
    handler: StreamHandler,
    arrive: (bytes: Uint8Array) => void,
  ) {
    this.#clock = clock;
    this.peer = peer;
    this.#handler = handler;
    this.#arrive = arrive;
    this.closed = new Promise((resolve) => (this.#wasClosed = resolve));
  }

  /** It can send and receive now. */
  open(atServer: boolean): void {
    if (this.gone) return;
    this.#state = "open";
    this.#atServer = atServer;
    for (const bytes of this.#early.splice(0)) this.#send(bytes);
    this.#handler.opened(this);
  }

  /** A datagram has come. */
  receive(bytes: Uint8Array): void {
    if (this.gone || this.#state !== "open") return;
    this.#handler.received(this, bytes);
    // Lent: who keeps the bytes is found out at once.
    bytes.fill(0xdd);
  }

  /** The other machine says that nobody is there. */
  refuse(): void {
    this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
      const { message } = cannot(`connect to ${this.peer}`, undefined, "ECONNREFUSED");
      this.#close({ kind: "refused", message });
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.gone || this.#state === "ending") return true;
    const copy = bytes.slice();
    this.#held += copy.length;
    this.#full ||= this.#held >= WRITE_HELD_MAX;
    if (this.#state === "opening") this.#early.push(copy);
    else this.#send(copy);
    return !this.#full;
  }

  end(): void {
    if (!this.#atServer || this.gone) return;
    this.#state = "ending";
    if (this.#held === 0) this.#close(undefined);
  }

  destroy(): void {
    this.#reason = undefined;
    this.#close(undefined);
  }

  reset(): void {
    this.destroy();
  }

  #send(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
      this.#arrive(bytes);
      this.#onLeft(length);
    });
  }

  #onLeft(bytes: number): void {
    this.#held -= bytes;
    if (this.#held === 0 && this.#state === "ending") this.#close(undefined);
    if (!this.#full || this.#held > WRITE_HELD_MAX / 2) return;
    this.#full = false;
    if (!this.gone && this.#state === "open") this.#handler.drained?.(this);
  }

  /** Tells the handler, once, in an instant of its own: a sink never calls back. */
  #close(reason: CloseReason | undefined): void {
    if (this.gone) return;
    this.gone = true;
    this.#reason = reason;
    this.#clock.at(this.#clock.now(), () => {
      this.#handler.closed(this, this.#reason);
      this.#wasClosed();
    });
  }
}
