/** The recovery servers of a feed: the one of `recovery:`, and its `others`. */
import type { Endpoint } from "../core/units.ts";
import type { RequestQuota } from "../protocol/recovery-server.ts";
import type { Path } from "./document/path.ts";
import { nameFaults, type NamedFault, type ReadFault } from "./faults.ts";

/** What may be said of each server. */
export interface ServerKeys {
  readonly listen: Endpoint;
  readonly retain: number;
  readonly max_request?: number | undefined;
  readonly quota?: RequestQuota | undefined;
  readonly faults: readonly ReadFault[];
}

/** A recovery server, with names for its faults that no other server's has. */
export interface Server extends Omit<ServerKeys, "faults"> {
  readonly faults: readonly NamedFault[];
  /** Its keys in the file, from `recovery` on. */
  readonly path: Path;
}

/** How much must be kept for all of them. */
export function retainOf({ retain, others }: Recovery): number {
  return Math.max(retain, ...(others ?? []).map((server) => server.retain));
}

/** What is said of all servers together. */
type Recovery = ServerKeys & { readonly others?: readonly ServerKeys[] };

/** The servers in the order in which a client turns to them. */
export function serversOf(recovery: Recovery): [Server, ...Server[]] {
  const { others = [] } = recovery;
  const all = [recovery, ...others];
  const named = nameFaults(all.flatMap(({ faults }) => faults));
  const servers = all.map((keys, i): Server => {
    const { listen, retain, max_request, quota } = keys;
    const faults = named.splice(0, keys.faults.length);
    const path = i === 0 ? ["recovery"] : ["recovery", "others", i - 1];
    return { listen, retain, max_request, quota, faults, path };
  });
  const [first, ...rest] = servers;
  return [first!, ...rest];
}
