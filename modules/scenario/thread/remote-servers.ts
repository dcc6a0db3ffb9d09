import { deferred } from "../../core/deferred.ts";
import type { Observe } from "../../core/events.ts";
import type { FaultRun } from "../../core/run.ts";
import type { Nanos } from "../../core/time.ts";
import type { Thread } from "../../worlds/world.ts";
import type { Servers } from "../recovery-servers.ts";
import type { StagedEntry } from "../stage.ts";
import { errorOf, type ThreadLine } from "./line.ts";
import type { FromRecovery, RecoveryTask, ToRecovery } from "./talk.ts";

/** The recovery servers of a feed, in a thread of their own, as this thread knows them. */
export class RemoteServers implements Servers {
  faults: readonly FaultRun[] = [];
  #thread: Thread;
  #observe: Observe;
  #met: (entry: number) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #opened = deferred();
  #halted = deferred();
  #closed = deferred();
  /** Rejects when they can do no more. */
  #broken = deferred<never>();

  private constructor(thread: Thread, observe: Observe) {
    this.#thread = thread;
    this.#observe = observe;
    this.#broken.promise.catch(() => {});
  }

  /** Opens the servers in a thread. Fails with a UserError as they do here. */
  static async open(
    line: ThreadLine,
    task: RecoveryTask,
    observe: Observe,
  ): Promise<RemoteServers> {
    const servers = new RemoteServers(line.thread, observe);
    line.listen({
      received: (message) => servers.#onMessage(message as FromRecovery),
      failed: (error) => servers.#onFailed(error),
    });
    servers.#post({ say: "open", task });
    await Promise.race([servers.#opened.promise, servers.#broken.promise]);
    return servers;
  }

  /** The entries of the timeline it knows by itself. */
  start(
    at: Nanos,
    _entries: readonly StagedEntry[],
    met: (entry: number) => void,
    failed: (reason: unknown) => void,
  ): void {
    this.#met = met;
    this.#fail = failed;
    this.#broken.promise.catch(failed);
    this.#post({ say: "start", at });
  }

  endOfSession(): void {
    this.#post({ say: "ended" });
  }

  onRequested(atNs: Nanos): void {
    this.#post({ say: "requested", atNs });
  }

  onUnreachable(reason: string, atNs: Nanos): void {
    this.#post({ say: "unreachable", reason, atNs });
  }

  async halt(): Promise<void> {
    this.#post({ say: "halt" });
    await this.#unlessBroken(this.#halted.promise);
  }

  async close(): Promise<void> {
    this.#post({ say: "close" });
    await this.#unlessBroken(this.#closed.promise);
    await this.#thread.close();
  }

  async #unlessBroken(done: Promise<void>): Promise<void> {
    await Promise.race([done, this.#broken.promise.catch(() => {})]);
  }

  #post(message: ToRecovery): void {
    this.#thread.post(message);
  }

  #onFailed(error: unknown): void {
    this.#broken.reject(error);
    this.#fail(error);
  }

  #onMessage(message: FromRecovery): void {
    switch (message.say) {
      case "opened":
        return this.#opened.resolve();
      case "failed":
        return this.#onFailed(errorOf(message.failure));
      case "batch":
        this.faults = message.faults;
        for (const entry of message.met) this.#met(entry);
        for (const event of message.events) this.#observe(event);
        return;
      case "halted":
        return this.#halted.resolve();
      case "closed":
        return this.#closed.resolve();
    }
  }
}
