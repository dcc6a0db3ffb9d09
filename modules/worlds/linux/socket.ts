/** A UDP socket of our own, and what it is told and asked. */
import { isIPv4 } from "node:net";
import { constants } from "node:os";
import type { Endpoint } from "../../core/units.ts";
import { type BufferSide, type Granted, shortfallOf } from "../buffers.ts";
import { C, type LinuxCalls } from "./calls.ts";

/** What a call returned. Throws the system's error, with its name as `code`, where it failed. */
export function checked(call: string, result: number): number {
  if (result >= 0) return result;
  throw systemError(call, -result);
}

/** The error that the system knows by a number. */
export function systemError(call: string, errno: number): Error {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  const code = known?.[0] ?? `error ${errno}`;
  return Object.assign(new Error(`${call}: ${code}`), { code });
}

/** A new socket, which never waits. */
export function openSocket(calls: LinuxCalls): number {
  const type = C.SOCK_DGRAM | C.SOCK_NONBLOCK | C.SOCK_CLOEXEC;
  return checked("socket", calls.socket(C.AF_INET, type, 0));
}

/** Sets an option whose value is a number. */
export function setNumber(
  calls: LinuxCalls,
  fd: number,
  [level, option]: readonly [number, number],
  value: number,
): void {
  checked("setsockopt", calls.setsockopt(fd, level, option, numberBytes(value)));
}

/** An `int`. */
export function numberBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** The value of an option that is made of numbers; undefined where this system does not know it. */
export function getNumbers(
  calls: LinuxCalls,
  fd: number,
  [level, option]: readonly [number, number],
  count: number,
): Uint32Array | undefined {
  const value = new Uint8Array(4 * count);
  const length = new Uint32Array([value.length]);
  if (calls.getsockopt(fd, level, option, value, length) < 0) return undefined;
  return new Uint32Array(value.buffer, 0, length[0]! / 4);
}

/** An IPv4 address as the network has it. Fails as the system does where it is none. */
export function ipv4Bytes(host: string): Uint8Array {
  if (!isIPv4(host)) throw systemError(`read the address ${host}`, constants.errno.EINVAL);
  return new Uint8Array(host.split(".").map(Number));
}

/** A `sockaddr_in`. */
export function addressBytes({ host, port }: Endpoint): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, C.AF_INET, true);
  view.setUint16(2, port);
  bytes.set(ipv4Bytes(host), 4);
  return bytes;
}

/** The other way round. */
export function endpointOf(bytes: Uint8Array, at = 0): Endpoint {
  const host = bytes.subarray(at + 4, at + 8).join(".");
  return { host, port: bytes[at + 2]! * 256 + bytes[at + 3]! };
}

/** Where a socket is. */
export function localAddress(calls: LinuxCalls, fd: number): Endpoint {
  const bytes = new Uint8Array(16);
  checked("getsockname", calls.getsockname(fd, bytes, new Uint32Array([bytes.length])));
  return endpointOf(bytes);
}

const BUFFERS = {
  send: { size: C.SO_SNDBUF, force: C.SO_SNDBUFFORCE },
  receive: { size: C.SO_RCVBUF, force: C.SO_RCVBUFFORCE },
} as const;

/** More is no number of bytes to Linux, which doubles it. */
const BUFFER_MAX = 2 ** 30 - 1;

/** Asks for a buffer: as anybody may, and where that is not enough, as only the administrator may. */
export function askForLinuxBuffer(
  calls: LinuxCalls,
  fd: number,
  side: BufferSide,
  wish: number | undefined,
): Granted {
  const { size, force } = BUFFERS[side];
  // Linux counts in as much again, for its own use. People know what sysctl says.
  const granted = (): number => {
    return (getNumbers(calls, fd, [C.SOL_SOCKET, size], 1)?.[0] ?? 0) / 2;
  };
  if (wish !== undefined) {
    const asked = numberBytes(Math.min(wish, BUFFER_MAX));
    calls.setsockopt(fd, C.SOL_SOCKET, size, asked);
    if (granted() < wish) calls.setsockopt(fd, C.SOL_SOCKET, force, asked);
  }
  const bytes = granted();
  return { bytes, shortfall: shortfallOf(side, wish, bytes) };
}
