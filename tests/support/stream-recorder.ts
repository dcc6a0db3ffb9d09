import type { CallOf } from "../../modules/core/machine.ts";
import type { CloseReason, Connection, StreamHandler } from "../../modules/worlds/world.ts";

/** What a handler was called with, without the connection; bytes as text, joined. */
export type StreamCall =
  [name: "opened" | "ended" | "drained"] | ["received", string] | ["closed", string];

/** Writes down the calls of one connection and lets a test wait for them. */
export class StreamRecorder implements StreamHandler {
  readonly calls: StreamCall[] = [];
  /** Every connection that was passed in; one, if all is well. */
  readonly connections = new Set<Connection>();
  readonly #on: Partial<StreamHandler>;
  readonly #waiting: { readonly ready: () => boolean; readonly resolve: () => void }[] = [];

  /** `on` acts after the call was written down. */
  constructor(on: Partial<StreamHandler> = {}) {
    this.#on = on;
  }

  get text(): string {
    return this.calls.map(([name, text]) => (name === "received" ? text : "")).join("");
  }

  /** The names of the calls, with the bytes as one. */
  get story(): string[] {
    const names = this.calls.map(([name, text]) =>
      name === "closed" && text !== "" ? `closed: ${text}` : name,
    );
    // That there is room again may be told at any moment: it is no part of the story.
    const told = names.filter((name) => name !== "drained");
    return told.filter((name, i) => name !== "received" || told[i - 1] !== "received");
  }

  /** Resolves as soon as `ready` holds after a call. */
  when(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ ready, resolve }));
  }

  /** Resolves when there has been a call of this name. */
  had(name: CallOf<Required<StreamHandler>>[0]): Promise<void> {
    return this.when(() => this.calls.some(([called]) => called === name));
  }

  opened(connection: Connection): void {
    this.#note(connection, ["opened"]);
    this.#on.opened?.(connection);
  }

  received(connection: Connection, bytes: Uint8Array): void {
    this.#note(connection, ["received", new TextDecoder().decode(bytes)]);
    this.#on.received?.(connection, bytes);
  }

  ended(connection: Connection): void {
    this.#note(connection, ["ended"]);
    this.#on.ended?.(connection);
  }

  drained(connection: Connection): void {
    this.#note(connection, ["drained"]);
    this.#on.drained?.(connection);
  }

  closed(connection: Connection, reason: CloseReason | undefined): void {
    this.#note(connection, ["closed", reason?.kind ?? ""]);
    this.#on.closed?.(connection, reason);
  }

  #note(connection: Connection, call: StreamCall): void {
    this.connections.add(connection);
    this.calls.push(call);
    for (const waiting of this.#waiting) if (waiting.ready()) waiting.resolve();
  }
}
