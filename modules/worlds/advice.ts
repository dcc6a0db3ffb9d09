/** What to tell people when the system says no. The only place that knows its codes. */
import { constants } from "node:os";
import { reasonOf, UserError } from "../core/errors.ts";
import { formatEndpoint, quote } from "../core/units.ts";
import type { LineAddress } from "./world.ts";

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "this user may not: take a port of 1024 or above, or run it as root",
  EADDRINUSE: "the port is taken: stop the program that has it, or choose another port",
  EADDRNOTAVAIL: "this machine has no such address: take one of its own, or 0.0.0.0 for all",
  EAI_AGAIN: "the name cannot be looked up now: write the address, or check the network",
  ECONNREFUSED: "nothing listens there: start it first, or check the address and the port",
  ECONNRESET: "the other side dropped the connection",
  EHOSTUNREACH: "there is no way to that host: check the address and the network",
  // Deno says EINVAL where the others say EADDRNOTAVAIL or ENODEV.
  EINVAL: "the system calls it invalid: check that this machine has the address",
  EMFILE: "too many open files: raise the limit with ulimit -n",
  EMSGSIZE: "the packet is longer than UDP carries: make it 65507 bytes or less",
  ENETDOWN: "the interface is down: bring it up, or take another",
  ENETUNREACH: "there is no way to that network: check the interface and the routes",
  ENOBUFS: "out of buffers, or too many groups: raise sysctl net.ipv4.igmp_max_memberships",
  ENODEV: "the interface does no multicast: take another, or lo to stay on this machine",
  ENOSPC: "the disk is full: make room, or write elsewhere",
  ENOTFOUND: "no host has this name: check it, or write the address",
  EPERM: "the system forbids it: look at the firewall",
  EPIPE: "the other side dropped the connection",
  ETIMEDOUT: "no answer came: check the address and the network",
  NotCapable: "Deno forbids it: run it with --allow-net --allow-sys",
};

/** The system's name for what went wrong, like `EADDRINUSE`; the error's own name if it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  // Deno leaves many codes out, but ends the message with the system's number.
  const number = /\(os error (\d+)\)/.exec(error.message)?.[1];
  const known = Object.entries(constants.errno).find(([, value]) => value === Number(number));
  return known?.[0] ?? error.name;
}

/** What went wrong and what to do about it, in one line; `code` when it is known better. */
export function adviceOn(error: unknown, code: string = codeOf(error)): string {
  if (error instanceof UserError) return error.message;
  return ADVICE[code] ?? reasonOf(error).replaceAll(/\s+/g, " ");
}

/** The error for an `act` that this machine cannot do: `Cannot <act>: <reason>: <remedy>`. */
export function cannot(act: string, error: unknown, code?: string): UserError {
  return new UserError(`Cannot ${act}: ${adviceOn(error, code)}`, "environment");
}

/** The act of publishing on a line, for people. */
export function publishing({ group, interface: name }: LineAddress): string {
  return `publish to ${quote(formatEndpoint(group))} on ${quote(name)}`;
}

/** The act of subscribing to a line, for people. */
export function joining({ group, interface: name, source }: LineAddress): string {
  const from = source === undefined ? "" : ` for what ${source} sends`;
  return `join group ${quote(formatEndpoint(group))} on ${quote(name)}${from}`;
}
