/** The C library through `Deno.dlopen`. Loaded only where a live world asks for it. */
import process from "node:process";
import { reasonOf } from "../../core/errors.ts";
import { C, EVENTS_MAX, eventLayout, type LinuxCalls, STOP } from "./calls.ts";

/** Of the global `Deno`, the part about foreign functions. */
export interface DenoFfi {
  readonly permissions: {
    query(of: { readonly name: "ffi" }): Promise<{ readonly state: string }>;
  };
  dlopen(library: string, symbols: Record<string, DenoSymbol>): { readonly symbols: unknown };
  readonly UnsafePointer: { of(bytes: ArrayBufferLike): object; value(pointer: object): bigint };
  readonly UnsafePointerView: new (pointer: object) => { getInt32(): number };
}

interface DenoSymbol {
  readonly parameters: readonly string[];
  readonly result: string;
  readonly nonblocking?: boolean;
}

type Bytes = Uint8Array | Uint32Array | null;

/** The functions as the library has them. */
interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Bytes, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Bytes, length: Bytes): number;
  bind(fd: number, address: Bytes, length: number): number;
  connect(fd: number, address: Bytes, length: number): number;
  getsockname(fd: number, address: Bytes, length: Bytes): number;
  sendmmsg(fd: number, messages: Bytes, count: number, flags: number): number;
  recvmmsg(fd: number, messages: Bytes, count: number, flags: number, timeout: null): number;
  close(fd: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Bytes): number;
  epoll_wait(epoll: number, events: Bytes, count: number, timeout: number): Promise<number>;
  eventfd(count: number, flags: number): number;
  __errno_location(): object;
}

const LIBRARY = "libc.so.6";
const symbol = (...parameters: string[]): DenoSymbol => ({ parameters, result: "i32" });

const SYMBOLS: Record<keyof Libc, DenoSymbol> = {
  socket: symbol("i32", "i32", "i32"),
  setsockopt: symbol("i32", "i32", "i32", "buffer", "u32"),
  getsockopt: symbol("i32", "i32", "i32", "buffer", "buffer"),
  bind: symbol("i32", "buffer", "u32"),
  connect: symbol("i32", "buffer", "u32"),
  getsockname: symbol("i32", "buffer", "buffer"),
  sendmmsg: symbol("i32", "buffer", "u32", "i32"),
  recvmmsg: symbol("i32", "buffer", "u32", "i32", "pointer"),
  close: symbol("i32"),
  epoll_create1: symbol("i32"),
  epoll_ctl: symbol("i32", "i32", "i32", "buffer"),
  // In a thread of its own: the promise settles when it returns.
  epoll_wait: { ...symbol("i32", "buffer", "i32", "i32"), nonblocking: true },
  eventfd: symbol("u32", "i32"),
  __errno_location: { parameters: [], result: "pointer" },
};

/** The calls, or why they cannot be had. Asks nobody for a permission that was not given. */
export async function loadDenoCalls(deno: DenoFfi): Promise<LinuxCalls | string> {
  const { state } = await deno.permissions.query({ name: "ffi" });
  if (state !== "granted") return "Deno is run without --allow-ffi";
  try {
    const libc = deno.dlopen(LIBRARY, SYMBOLS).symbols as Libc;
    const errno = new deno.UnsafePointerView(libc["__errno_location"]());
    const of = (result: number): number => (result < 0 ? -errno.getInt32() : result);
    return {
      socket: (domain, type, protocol) => of(libc.socket(domain, type, protocol)),
      setsockopt: (fd, level, option, value) =>
        of(libc.setsockopt(fd, level, option, value, value.length)),
      getsockopt: (fd, level, option, value, length) =>
        of(libc.getsockopt(fd, level, option, value, length)),
      bind: (fd, address) => of(libc.bind(fd, address, address.length)),
      connect: (fd, address) => of(libc.connect(fd, address, address.length)),
      getsockname: (fd, address, length) => of(libc.getsockname(fd, address, length)),
      sendmmsg: (fd, messages, count) => of(libc.sendmmsg(fd, messages, count, 0)),
      recvmmsg: (fd, messages, count) =>
        of(libc.recvmmsg(fd, messages, count, C.MSG_WAITFORONE, null)),
      close: (fd) => of(libc.close(fd)),
      epollCreate: () => of(libc.epoll_create1(C.EPOLL_CLOEXEC)),
      epollControl: (epoll, operation, fd, event) =>
        of(libc.epoll_ctl(epoll, operation, fd, event)),
      bell: () => of(libc.eventfd(1, C.EFD_CLOEXEC)),
      // A small array's memory moves when its buffer is first asked for.
      addressOf: (bytes) => {
        const start = deno.UnsafePointer.of(bytes.buffer);
        return Number(deno.UnsafePointer.value(start)) + bytes.byteOffset;
      },
      wait: (epoll, ready) => wait(libc, epoll, ready),
    };
  } catch (error) {
    return `${LIBRARY} cannot be used: ${reasonOf(error)}`;
  }
}

async function wait(
  libc: Libc,
  epoll: number,
  ready: (tokens: readonly number[]) => void,
): Promise<void> {
  const { size, token } = eventLayout(process.arch);
  const events = new Uint8Array(size * EVENTS_MAX);
  const view = new DataView(events.buffer);
  for (let going = true; going;) {
    const count = await libc.epoll_wait(epoll, events, EVENTS_MAX, -1);
    const tokens: number[] = [];
    for (let i = 0; i < count; i++) tokens.push(view.getInt32(size * i + token, true));
    if (tokens.length > 0) ready(tokens);
    going = !tokens.includes(STOP);
  }
}
