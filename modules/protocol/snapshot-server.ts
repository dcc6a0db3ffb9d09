import type { SnapshotCodec, SnapshotServerDialogue } from "../codecs/snapshot/snapshot.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq } from "../core/seq.ts";
import { type Nanos, NEVER, SECOND } from "../core/time.ts";
import { formatDuration, plural } from "../core/units.ts";

/** What somebody is sent who asks. */
export interface SnapshotImage {
  /** Of which session it is; empty where sessions have no names. */
  readonly session: string;
  /** The number to go on with, as the wire counts. */
  readonly next: Seq;
  readonly messages: readonly Uint8Array[];
}

/** What the server allows. */
export interface SnapshotLimits {
  readonly connectionsMax: number;
  /** How long a client may take to log in. */
  readonly loginTime: Nanos;
  /** How long a client may take to take any part of what it is sent. */
  readonly takeTime: Nanos;
}

/** What a server allows unless told otherwise. */
export const SNAPSHOT_LIMITS: SnapshotLimits = {
  connectionsMax: 100,
  loginTime: 5 * SECOND,
  takeTime: 5 * SECOND,
};

/** What the server does and tells. An `id` names one connection. */
export interface SnapshotServerSink {
  /** The image for whoever asks now; undefined: there is none of the latest session. */
  image(now: Nanos): SnapshotImage | undefined;
  /** False: it was taken, but what follows should wait for `onDrained`. */
  send(id: number, bytes: Uint8Array): boolean;
  /** Says that nothing more will be sent. */
  end(id: number): void;
  /** Drops the connection; `onClosed` follows. */
  destroy(id: number): void;
  request(peer: string, text: string, now: Nanos): void;
  sent(peer: string, image: SnapshotImage, now: Nanos): void;
  /** A client is not served, went beyond a limit, or spoke nonsense. */
  refused(peer: string, reason: string, now: Nanos): void;
}

interface Client {
  readonly peer: string;
  readonly dialogue: SnapshotServerDialogue;
  state: "login" | "sending" | "ended" | "dropped";
  deadline: Nanos;
  image: SnapshotImage | undefined;
  /** Messages of it that were sent. */
  sent: number;
  full: boolean;
}

/**
 * Sends a snapshot to everybody who logs in.
 *
 *     (open)  -> login     there is room for one more
 *     login   -> sending   logged in, and there is an image of that session
 *     login   -> ended     logged in, and there is none
 *     login   -> dropped   too slow, nonsense, or one too many
 *     sending -> sending   what was sent was taken
 *     sending -> ended     the End of Snapshot was sent
 *     sending -> dropped   nothing was taken in time, or the client speaks nonsense
 *     ended   -> (closed)  it was taken
 *     ended   -> dropped   it was not taken in time
 */
export class SnapshotServer implements Machine {
  #codec: SnapshotCodec;
  #limits: SnapshotLimits;
  #sink: SnapshotServerSink;
  #clients = new Map<number, Client>();
  /** The time of the call that is being handled; dialogues know no time. */
  #now: Nanos = 0;

  constructor(codec: SnapshotCodec, limits: SnapshotLimits, sink: SnapshotServerSink) {
    this.#codec = codec;
    this.#limits = limits;
    this.#sink = sink;
  }

  get connections(): number {
    return this.#clients.size;
  }

  onOpened(id: number, peer: string, now: Nanos): void {
    this.#now = now;
    const { connectionsMax, loginTime } = this.#limits;
    const client: Client = {
      peer,
      dialogue: this.#codec.server({
        request: (session, text) => this.#onRequest(id, client, session, text),
        reply: (bytes) => {
          if (!this.#sink.send(id, bytes)) client.full = true;
        },
        left: () => this.#end(id, client),
        fault: (_fault, text) => this.#drop(id, client, `not a login: ${text}`),
      }),
      state: "login",
      deadline: now + loginTime,
      image: undefined,
      sent: 0,
      full: false,
    };
    const full = this.#clients.size >= connectionsMax;
    this.#clients.set(id, client);
    if (full) this.#drop(id, client, `more than ${plural(connectionsMax, "connection")}`);
  }

  onBytes(id: number, bytes: Uint8Array, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client === undefined || client.state === "dropped") return;
    client.dialogue.push(bytes);
    this.#goOn(id, client);
  }

  /** The client has finished sending: without a login, nothing will come of it. */
  onEnd(id: number, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client?.state !== "login") return;
    client.dialogue.end();
    if (client.state === "login") this.#end(id, client);
  }

  /** What was sent was taken. */
  onDrained(id: number, now: Nanos): void {
    this.#now = now;
    const client = this.#clients.get(id);
    if (client === undefined) return;
    client.full = false;
    this.#goOn(id, client);
  }

  onClosed(id: number): void {
    this.#clients.delete(id);
  }

  deadline(): Nanos {
    let wake = NEVER;
    for (const { deadline } of this.#clients.values()) wake = Math.min(wake, deadline);
    return wake;
  }

  onDeadline(now: Nanos): void {
    this.#now = now;
    for (const [id, client] of this.#clients) {
      if (now < client.deadline) continue;
      const { loginTime, takeTime } = this.#limits;
      this.#drop(
        id,
        client,
        client.state === "login"
          ? `no login within ${formatDuration(loginTime)}`
          : `nothing taken within ${formatDuration(takeTime)}`,
      );
    }
  }

  #onRequest(id: number, client: Client, session: string, text: string): void {
    this.#sink.request(client.peer, text, this.#now);
    const image = this.#sink.image(this.#now);
    const asked = session.trim();
    if (image === undefined || (asked !== "" && asked !== image.session.trim())) {
      client.dialogue.refuse();
      const which = asked === "" ? "the latest session" : `session ${asked}`;
      this.#sink.refused(client.peer, `there is no snapshot of ${which}`, this.#now);
      return this.#end(id, client);
    }
    client.state = "sending";
    client.image = image;
    client.deadline = this.#now + this.#limits.takeTime;
    client.dialogue.begin(image.session);
  }

  /** Sends as much as will be taken. */
  #goOn(id: number, client: Client): void {
    const { image } = client;
    if (client.state !== "sending" || image === undefined || client.full) return;
    while (client.sent < image.messages.length && !client.full) {
      client.dialogue.message(image.messages[client.sent++]!);
    }
    client.deadline = this.#now + this.#limits.takeTime;
    if (client.full) return;
    client.dialogue.complete(image.next);
    this.#sink.sent(client.peer, image, this.#now);
    this.#end(id, client);
  }

  #end(id: number, client: Client): void {
    if (client.state === "ended" || client.state === "dropped") return;
    client.state = "ended";
    client.deadline = this.#now + this.#limits.takeTime;
    this.#sink.end(id);
  }

  #drop(id: number, client: Client, reason: string): void {
    if (client.state === "dropped") return;
    // Who has got all and does not go is nobody's loss.
    if (client.state !== "ended") this.#sink.refused(client.peer, reason, this.#now);
    client.state = "dropped";
    client.deadline = NEVER;
    this.#sink.destroy(id);
  }
}
