import type { Rng } from "../../core/rng.ts";
import type { Nanos } from "../../core/time.ts";
import type { RecoveryPolicy } from "./policy.ts";

/** Which server's turn it is, whether it can be reached, and how long to wait if not. */
export class Reach {
  /** The position of the one to be asked among those there are. */
  server = 0;
  /** Nobody is tried before that. */
  closedUntil: Nanos = 0;
  #policy: RecoveryPolicy;
  #servers: number;
  #rng: Rng | undefined;
  /** Connections that failed since one last succeeded. */
  #refusals = 0;
  #reached = false;

  constructor(policy: RecoveryPolicy, servers: number, rng: Rng | undefined) {
    this.#policy = policy;
    this.#servers = servers;
    this.#rng = rng;
  }

  /** Requests that may be under way at once: until somebody was reached, one tries alone. */
  get slots(): number {
    return this.#reached ? this.#policy.inFlightMax : 1;
  }

  onReached(): void {
    this.#reached = true;
    this.#refusals = 0;
  }

  /** That one did not answer: unless its turn is over already, it is the next one's. */
  onSilent(server: number): void {
    if (server === this.server) this.server = (server + 1) % this.#servers;
  }

  /** That one cannot be reached. True when it is the last of all: then everybody waits. */
  onRefused(server: number, now: Nanos): boolean {
    this.#reached = false;
    this.#refusals++;
    this.onSilent(server);
    const round = this.#refusals % this.#servers === 0;
    if (round) this.closedUntil = now + this.backoff(this.#refusals / this.#servers);
    return round;
  }

  /** The wait after so many failures. */
  backoff(failures: number): Nanos {
    const { backoffMin, backoffMax, jitter } = this.#policy;
    const wait = Math.min(backoffMax, backoffMin * 2 ** (failures - 1));
    if (jitter === 0 || this.#rng === undefined) return wait;
    return Math.round(wait * (1 + jitter * (2 * this.#rng.float() - 1)));
  }
}
