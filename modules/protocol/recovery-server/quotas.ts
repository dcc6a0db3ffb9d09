import type { Nanos } from "../../core/time.ts";
import { Quota } from "../quota.ts";
import type { RequestQuota } from "./limits.ts";

/** Clients whose requests are counted; beyond, those that ask least are forgotten first. */
const CLIENTS_MAX = 1024;

/** Says who may ask once more. A client is a host: one that comes again is the same. */
export class Quotas {
  #rule: RequestQuota | undefined;
  /** In the order in which they last asked. */
  #quotas = new Map<string, Quota>();

  constructor(rule: RequestQuota | undefined) {
    this.#rule = rule;
  }

  /** Takes one request of the quota of `peer`, a host and port, if there is one left. */
  take(peer: string, now: Nanos): boolean {
    const rule = this.#rule;
    if (rule === undefined) return true;
    const key = rule.scope === "all" ? "" : peer.replace(/:\d+$/, "");
    const quota = this.#quotas.get(key) ?? new Quota(rule);
    this.#quotas.delete(key);
    this.#quotas.set(key, quota);
    if (this.#quotas.size > CLIENTS_MAX) {
      const [oldest] = this.#quotas.keys();
      this.#quotas.delete(oldest!);
    }
    return quota.take(now);
  }
}
