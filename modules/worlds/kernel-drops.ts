/** What the system threw away before we could read it, where it keeps count: Linux. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { endianness } from "node:os";
import type { Endpoint } from "../core/units.ts";

/**
 * Datagrams that found the receive buffer of this process's sockets at `bound` full; undefined where
 * the system does not say. See proc_net_udp(5): the last column counts drops, socket by socket.
 */
export function kernelDrops(bound: Endpoint): number | undefined {
  try {
    const own = ownSockets();
    return readFileSync("/proc/net/udp", "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[1] === localAddress(bound) && own.has(columns[9] ?? ""))
      .reduce((sum, columns) => sum + Number(columns.at(-1)), 0);
  } catch {
    return undefined;
  }
}

/** The inodes of the sockets that this process holds: others may listen at the same place. */
function ownSockets(): Set<string> {
  const inodes = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? "";
    } catch {
      return ""; // Closed since the folder was read.
    }
  });
  return new Set(inodes);
}

/** As the kernel prints it: the address as one number of the machine's own byte order, in hex. */
function localAddress({ host, port }: Endpoint): string {
  const bytes = host.split(".").map(Number);
  if (endianness() === "LE") bytes.reverse();
  const hex = (value: number, digits: number): string =>
    value.toString(16).toUpperCase().padStart(digits, "0");
  return `${bytes.map((byte) => hex(byte, 2)).join("")}:${hex(port, 4)}`;
}
