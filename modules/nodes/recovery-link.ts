import type { RecoveryCodec } from "../codecs/recovery/recovery.ts";
import type { ListenerEvent, Observe } from "../core/events.ts";
import { Histogram } from "../core/histogram.ts";
import type { Rng } from "../core/rng.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import {
  RecoveryClient,
  type RecoveryPolicy,
  type RecoveryStages,
} from "../protocol/recovery-client.ts";
import { Sessions } from "../protocol/sessions.ts";
import type { Connection, LineAddress, StreamHandler, World } from "../worlds/world.ts";
import { Drive } from "./drive.ts";
import { Recovered } from "./recovered.ts";

/** Where and how lost messages are asked for. */
export interface ListenerRecovery {
  readonly server: Endpoint;
  /** Those that are asked when the first one cannot be reached, or does not answer. */
  readonly others?: readonly Endpoint[];
  readonly policy: RecoveryPolicy;
  /** Where repairs arrive, if not in the answer. */
  readonly repairs?: LineAddress | undefined;
  /** Where the chance in waits comes from. */
  readonly rng?: Rng;
}

/** What a listener counts of its recovery. */
export interface RecoveryTotals {
  requests: number;
  retries: number;
  /** Bytes that recovery servers sent. */
  recoveryBytes: number;
  /** Times that a recovery server could not be reached. */
  unreachable: number;
}

/** How long each stage took, for all requests that brought something. */
export interface RecoveryTimes {
  /** From the gap to the attempt. */
  readonly decided: Histogram;
  /** From there to the request being sent. */
  readonly connected: Histogram;
  /** From there to the first byte of an answer. */
  readonly firstByte: Histogram;
  /** From there until nothing of it was missing. */
  readonly filled: Histogram;
}

/** What a link needs to be told, and whom it tells. */
export interface RecoveryLinkOptions extends ListenerRecovery {
  readonly codec: RecoveryCodec;
  readonly sessions?: Sessions;
  readonly totals: RecoveryTotals;
  readonly observe: Observe<ListenerEvent>;
  /** Messages have come; until they are taken, there may be more. Not to call back: queue it. */
  readonly recovered: (messages: Recovered) => void;
  /** Given up. Not to call back: queue it. */
  readonly abandoned: (from: Seq, until: Seq, reason: string) => void;
  /** Something has happened: what was queued can be done. */
  readonly after: () => void;
}

/** A listener's side of recovery: the client and its connections. */
export class RecoveryLink {
  /** Times that a server said what nobody had asked for, or nonsense. */
  wrongAnswers = 0;
  readonly times: RecoveryTimes = {
    decided: new Histogram(),
    connected: new Histogram(),
    firstByte: new Histogram(),
    filled: new Histogram(),
  };
  #world: World;
  #options: RecoveryLinkOptions;
  #sessions: Sessions;
  #servers: readonly Endpoint[];
  #client: RecoveryClient;
  #drive: Drive;
  #connections = new Map<number, Connection>();
  #recovered = new Recovered();
  #closed = false;

  constructor(world: World, options: RecoveryLinkOptions) {
    const { server, others = [], sessions = new Sessions(), rng } = options;
    this.#world = world;
    this.#options = options;
    this.#sessions = sessions;
    this.#servers = [server, ...others];
    this.#client = this.#createClient(rng);
    this.#drive = new Drive(this.#client, world.clock, options.after);
  }

  /** True when nothing is wanted and nothing is under way. */
  get idle(): boolean {
    return this.#client.idle;
  }

  onGap(from: Seq, until: Seq, now: Nanos): void {
    this.#client.onGap(from, until, now);
  }

  /** Somebody else brought these. */
  onFilled(from: Seq, until: Seq, now: Nanos): void {
    this.#client.onFilled(from, until, now);
  }

  /** The group of repairs says that nobody can have these any more. */
  onUnavailable(from: Seq, until: Seq, now: Nanos): void {
    this.#client.onUnavailable(from, until, now);
  }

  /** To be called whenever it was called. */
  arm(): void {
    this.#drive.arm();
  }

  /** Drops every connection, and wakes no more. */
  close(): void {
    this.#closed = true;
    this.#drive.stop();
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #createClient(rng: Rng | undefined): RecoveryClient {
    const { codec, policy, totals, observe, abandoned } = this.#options;
    const sessions = this.#sessions;
    const parts = { sessions, servers: this.#servers.length, ...(rng && { rng }) };
    return new RecoveryClient(
      codec,
      policy,
      {
        connect: (id, server) => {
          const { transport } = this.#world;
          const handler = this.#handler(id);
          const connection = transport.connect(this.#servers[server]!, handler, codec.over);
          this.#connections.set(id, connection);
        },
        send: (id, bytes) => void this.#connections.get(id)?.write(bytes),
        finish: (id) => this.#connections.get(id)?.end(),
        close: (id) => {
          this.#connections.get(id)?.destroy();
          this.#connections.delete(id);
        },
        asking: (from, until, attempt, atNs) =>
          observe({ event: "asking", atNs, from, until, attempt }),
        requested: (from, until, attempt, atNs) => {
          totals.requests++;
          if (attempt > 1) totals.retries++;
          observe({
            event: "requested",
            atNs,
            from,
            until,
            attempt,
            get text() {
              return codec.describeRequest(sessions.asked(from, until));
            },
          });
        },
        recovered: (seq, bytes, start, end, atNs) => {
          observe({
            event: "recovered",
            atNs,
            from: seq,
            until: seq + 1,
            // There may be very many, and mostly nobody reads it.
            get text() {
              const session = sessions.of(seq)?.name ?? "";
              return codec.describeAnswer(session, sessions.wireOf(seq));
            },
          });
          const first = this.#recovered.empty;
          this.#recovered.add(seq, bytes, start, end);
          if (first) this.#options.recovered(this.#recovered);
        },
        wrongAnswer: () => void this.wrongAnswers++,
        unreachable: (reason, atNs) => {
          totals.unreachable++;
          observe({ event: "recovery-unreachable", atNs, reason });
        },
        failed: (from, until, reason, atNs) =>
          observe({ event: "recovery-failed", atNs, from, until, reason }),
        abandoned: (from, until, reason) => abandoned(from, until, reason),
        stages: (_from, _until, stages) => this.#onStages(stages),
      },
      parts,
    );
  }

  #onStages({ detected, decided, connected, firstByte, filled }: RecoveryStages): void {
    this.times.decided.record(decided - detected);
    this.times.connected.record(connected - decided);
    this.times.firstByte.record(firstByte - connected);
    this.times.filled.record(filled - firstByte);
  }

  #handler(id: number): StreamHandler {
    const client = this.#client;
    const now = (): Nanos => this.#world.clock.now();
    // What ends because we end is nobody's failure.
    const whileOpen = (act: () => void): void => {
      if (this.#closed) return;
      act();
      this.#options.after();
    };
    return {
      opened: () => whileOpen(() => client.onConnected(id, now())),
      received: (_connection, bytes) =>
        whileOpen(() => {
          this.#options.totals.recoveryBytes += bytes.length;
          client.onBytes(id, bytes, now());
        }),
      ended: () => whileOpen(() => client.onEnd(id, now())),
      closed: (_connection, reason) =>
        whileOpen(() => {
          client.onClosed(id, reason?.message, now());
          this.#connections.delete(id);
        }),
    };
  }
}
