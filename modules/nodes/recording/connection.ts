import type { Side } from "../../captures/conversation.ts";
import { invariant } from "../../core/errors.ts";
import type { CloseReason, Connection, Ends, StreamHandler } from "../../worlds/world.ts";

/** What a client and a server say to each other, as it is written down. */
export interface Dialogue {
  opened(): void;
  /** Nobody was there. */
  refused(): void;
  /** The bytes are lent. */
  said(by: Side, bytes: Uint8Array): void;
  /** One of them has nothing more to say. */
  ended(by: Side): void;
  /** One of them broke off. */
  broken(by: Side): void;
}

/**
 * One end of a connection, writing down what is said at it.
 *
 *     opening -> open    what was written before is said now
 *     opening -> over    it was refused or given up
 *     open    -> over    both have ended, or one broke off: the rest is not heard any more
 */
export class RecordedConnection implements Connection {
  #inner: Connection | undefined;
  #side: Side;
  #other: Side;
  #begin: () => Dialogue;
  #dialogue: Dialogue | undefined;
  #state: "opening" | "open" | "over" = "opening";
  #early: ((dialogue: Dialogue) => void)[] = [];
  #ended = new Set<Side>();

  /** `begin` is called once, when it is known who speaks. */
  constructor(side: Side, begin: () => Dialogue) {
    this.#side = side;
    this.#other = side === "client" ? "server" : "client";
    this.#begin = begin;
  }

  /** The connection itself. */
  get inner(): Connection {
    invariant(this.#inner !== undefined, "a connection called back before it was there");
    return this.#inner;
  }

  set inner(connection: Connection) {
    this.#inner = connection;
  }

  get peer(): string {
    return this.inner.peer;
  }

  get ends(): Ends | undefined {
    return this.inner.ends;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state === "opening") {
      const copy = bytes.slice();
      this.#early.push((dialogue) => dialogue.said(this.#side, copy));
    } else if (this.#state === "open" && !this.#ended.has(this.#side)) {
      this.#dialogue?.said(this.#side, bytes);
    }
    return this.inner.write(bytes);
  }

  end(): void {
    if (this.#state === "opening") this.#early.push(() => this.#onEnd(this.#side));
    else this.#onEnd(this.#side);
    this.inner.end();
  }

  destroy(): void {
    this.#onBroken(this.#side);
    this.inner.destroy();
  }

  reset(): void {
    this.#onBroken(this.#side);
    this.inner.reset();
  }

  /** It is open now. */
  onOpened(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    const dialogue = this.#begin();
    this.#dialogue = dialogue;
    dialogue.opened();
    for (const act of this.#early.splice(0)) act(dialogue);
  }

  /** The other end said something. */
  onReceived(bytes: Uint8Array): void {
    if (this.#state === "open") this.#dialogue?.said(this.#other, bytes);
  }

  /** The other end has nothing more to say. */
  onEnded(): void {
    this.#onEnd(this.#other);
  }

  /** That was all. */
  onClosed(reason: CloseReason | undefined): void {
    if (this.#state === "opening" && reason?.kind === "refused") this.#begin().refused();
    // Who closes a listener gives no reason: it was us.
    this.#onBroken(reason === undefined ? this.#side : this.#other);
  }

  #onEnd(by: Side): void {
    if (this.#state !== "open" || this.#ended.has(by)) return;
    this.#dialogue?.ended(by);
    this.#ended.add(by);
    if (this.#ended.size === 2) this.#state = "over";
  }

  #onBroken(by: Side): void {
    if (this.#state === "open") this.#dialogue?.broken(by);
    this.#state = "over";
  }
}

/**
 * A handler that has what happens written down before it passes it on. `open` says where; undefined:
 * nowhere. Of a listener, which has many connections, `recorded` says which is which.
 */
export function recordingHandler(
  handler: StreamHandler,
  open: (inner: Connection) => RecordedConnection | undefined,
  recorded = new Map<Connection, RecordedConnection>(),
): StreamHandler {
  const of = (inner: Connection): RecordedConnection | undefined => recorded.get(inner);
  return {
    opened: (inner) => {
      const connection = open(inner);
      if (connection !== undefined) recorded.set(inner, connection);
      connection?.onOpened();
      handler.opened(connection ?? inner);
    },
    received: (inner, bytes) => {
      const connection = of(inner);
      connection?.onReceived(bytes);
      handler.received(connection ?? inner, bytes);
    },
    ended: (inner) => {
      const connection = of(inner);
      connection?.onEnded();
      handler.ended(connection ?? inner);
    },
    drained: (inner) => handler.drained?.(of(inner) ?? inner),
    closed: (inner, reason) => {
      // One that never opened is known to its client alone.
      const connection = of(inner) ?? open(inner);
      recorded.delete(inner);
      connection?.onClosed(reason);
      handler.closed(connection ?? inner, reason);
    },
  };
}
