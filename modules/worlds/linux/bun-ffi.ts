/** The C library through `bun:ffi`. Loaded only where a live world asks for it. */
import process from "node:process";
import { reasonOf } from "../../core/errors.ts";
import { C, EVENTS_MAX, type EventLayout, eventLayout, type LinuxCalls, STOP } from "./calls.ts";

/** Of `bun:ffi`, what we use, written down here so that no other runtime needs its types. */
interface BunFfi {
  readonly dlopen: Dlopen;
  readonly ptr: (bytes: ArrayBufferLike) => number;
  readonly read: { i32(address: number, offset: number): number };
}

type Dlopen = (
  library: string,
  symbols: Record<string, BunSymbol>,
) => { readonly symbols: unknown };

interface BunSymbol {
  readonly args: readonly string[];
  readonly returns: string;
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
  eventfd(count: number, flags: number): number;
  __errno_location(): number;
}

const LIBRARY = "libc.so.6";
const symbol = (...args: string[]): BunSymbol => ({ args, returns: "i32" });

const SYMBOLS: Record<keyof Libc, BunSymbol> = {
  socket: symbol("i32", "i32", "i32"),
  setsockopt: symbol("i32", "i32", "i32", "ptr", "u32"),
  getsockopt: symbol("i32", "i32", "i32", "ptr", "ptr"),
  bind: symbol("i32", "ptr", "u32"),
  connect: symbol("i32", "ptr", "u32"),
  getsockname: symbol("i32", "ptr", "ptr"),
  sendmmsg: symbol("i32", "ptr", "u32", "i32"),
  recvmmsg: symbol("i32", "ptr", "u32", "i32", "ptr"),
  close: symbol("i32"),
  epoll_create1: symbol("i32"),
  epoll_ctl: symbol("i32", "i32", "i32", "ptr"),
  eventfd: symbol("u32", "i32"),
  __errno_location: { args: [], returns: "ptr" },
};

/** The calls, or why they cannot be had. */
export async function loadBunCalls(): Promise<LinuxCalls | string> {
  try {
    // Not written out in the import: no bundler and no other runtime is to look for it.
    const name: string = "bun:ffi";
    const { dlopen, ptr, read } = (await import(name)) as BunFfi;
    const libc = dlopen(LIBRARY, SYMBOLS).symbols as Libc;
    const errno = libc["__errno_location"]();
    const of = (result: number): number => (result < 0 ? -read.i32(errno, 0) : result);
    const layout = eventLayout(process.arch);
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
      addressOf: (bytes) => ptr(bytes.buffer) + bytes.byteOffset,
      wait: (epoll, ready) => waitInWorker({ epoll, layout, library: LIBRARY }, ready),
    };
  } catch (error) {
    return `${LIBRARY} cannot be used: ${reasonOf(error)}`;
  }
}

interface WaitOptions {
  readonly epoll: number;
  readonly layout: EventLayout;
  readonly library: string;
}

/**
 * Bun calls C in the thread that asks, so the one that waits is a worker. It is made of text: a file
 * of its own would have to be found beside the bundle as well.
 */
function waitInWorker(
  options: WaitOptions,
  ready: (tokens: readonly number[]) => void,
): Promise<void> {
  const told = JSON.stringify({ ...options, most: EVENTS_MAX, stop: STOP });
  const text = `import { dlopen } from "bun:ffi"; (${waitHere.toString()})(dlopen, postMessage, ${told});`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(url);
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      const tokens = data as readonly number[];
      ready(tokens);
      if (!tokens.includes(STOP)) return;
      worker.terminate();
      URL.revokeObjectURL(url);
      resolve();
    });
    worker.addEventListener("error", ({ message }) => reject(new Error(message)));
  });
}

/** Runs in the worker, where nothing of this file is known but what it is given. */
function waitHere(
  dlopen: Dlopen,
  tell: (tokens: readonly number[]) => void,
  options: WaitOptions & { readonly most: number; readonly stop: number },
): void {
  const { epoll, layout, library, most, stop } = options;
  const args = ["i32", "ptr", "i32", "i32"];
  const { symbols } = dlopen(library, { epoll_wait: { args, returns: "i32" } });
  const { epoll_wait: wait } = symbols as Record<string, (...args: unknown[]) => number>;
  const events = new Uint8Array(layout.size * most);
  const view = new DataView(events.buffer);
  for (let going = true; going;) {
    const count = wait!(epoll, events, most, -1);
    const tokens: number[] = [];
    for (let i = 0; i < count; i++) {
      tokens.push(view.getInt32(layout.size * i + layout.token, true));
    }
    if (tokens.length > 0) tell(tokens);
    going = !tokens.includes(stop);
  }
}
