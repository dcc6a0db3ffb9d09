/** The network interfaces of this machine, checked here: Bun joins the wrong one without a word. */
import { networkInterfaces } from "node:os";
import { UserError } from "../core/errors.ts";
import { type Endpoint, quote } from "../core/units.ts";

/**
 * The IPv4 address of an interface that is named by its name or by one of its addresses. Throws a
 * UserError that lists what there is; the caller says what was attempted.
 */
export function resolveInterface(nameOrAddress: string): string {
  const have = systemInterfaces();
  const found = have.find(
    ({ name, address }) => name === nameOrAddress || address === nameOrAddress,
  );
  if (found !== undefined) return found.address;
  const list = have.map(({ name, address }) => `${name} (${address})`).join(", ");
  throw new UserError(
    `no interface ${quote(nameOrAddress)}, have ${list || "none with an IPv4 address"}`,
    "environment",
  );
}

function systemInterfaces(): { name: string; address: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(({ family }) => family === "IPv4")
      .map(({ address }) => ({ name, address })),
  );
}

/**
 * What a receiver of `group` binds to. A Linux socket bound to the group gets that group alone,
 * where one bound to 0.0.0.0 gets every group that anybody here joined on the port. Other systems
 * cannot bind to a group.
 */
export function receiverAddress(group: string): string {
  return process.platform === "linux" ? group : "0.0.0.0";
}

/** Makes one object of each address that comes several times in a row: nearly always all of them. */
export function endpoints(): (host: string, port: number) => Endpoint {
  let last: Endpoint | undefined;
  return (host, port) => {
    if (last?.host !== host || last.port !== port) last = { host, port };
    return last;
  };
}
