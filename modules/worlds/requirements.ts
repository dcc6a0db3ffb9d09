/** Whether this machine has what a scenario asks for. */
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { deferred } from "../core/deferred.ts";
import { UserError } from "../core/errors.ts";
import type { Requirement } from "../core/requirement.ts";
import { quote } from "../core/units.ts";
import { openLiveWorld } from "./live.ts";
import type { LineAddress } from "./world.ts";

/** How long a packet may take from this machine to itself, in milliseconds. */
const ECHO_MS = 500;

/** Groups of a scenario's own site (RFC 2365): nobody else is disturbed. */
const ECHO_GROUP = "239.255.";

/**
 * Why a scenario that requires this cannot run here, in one line; undefined when it can. Multicast is
 * tried: a packet is sent to this machine itself on every interface that `lines` name.
 */
export async function unmetRequirement(
  requires: readonly Requirement[],
  lines: readonly Pick<LineAddress, "interface">[],
): Promise<string | undefined> {
  for (const requirement of requires) {
    const have = await missing(requirement, lines);
    if (have !== undefined) return `requires ${requirement}: ${have}`;
  }
  return undefined;
}

async function missing(
  requirement: Requirement,
  lines: readonly Pick<LineAddress, "interface">[],
): Promise<string | undefined> {
  switch (requirement) {
    case "linux":
      return process.platform === "linux" ? undefined : `this is ${process.platform}`;
    case "bun":
    case "deno":
      return process.versions[requirement] === undefined ? `this is not ${requirement}` : undefined;
    case "multicast": {
      for (const name of new Set(lines.map((line) => line.interface))) {
        const why = await silent(name);
        if (why !== undefined) return why;
      }
      return undefined;
    }
  }
}

/** Why no multicast packet comes back on an interface. */
async function silent(name: string): Promise<string | undefined> {
  const [x = 0, y = 0, port = 0] = crypto.getRandomValues(new Uint16Array(3));
  const group = {
    host: `${ECHO_GROUP}${x % 256}.${1 + (y % 254)}`,
    port: 20_000 + (port % 12_000),
  };
  const line = { group, interface: name, ttl: 1 };
  const { transport } = openLiveWorld();
  const echo = deferred<boolean>();
  try {
    const subscription = await transport.subscribe(line, () => echo.resolve(true));
    const timer = setTimeout(() => echo.resolve(false), ECHO_MS);
    try {
      const sender = await transport.publish(line, {
        drained: () => {},
        failed: () => echo.resolve(false),
      });
      sender.send({ slab: new Uint8Array([0]), ends: new Int32Array([1]), count: 1 });
      const came = await echo.promise;
      await sender.close();
      return came ? undefined : `nothing that was sent on ${quote(name)} came back`;
    } finally {
      clearTimeout(timer);
      await subscription.close();
    }
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
