/** What is asked of Linux's C library, in one shape for every runtime that can call it. */

/**
 * Calls into the C library. One that fails returns the system's error number below zero, and one
 * that is given bytes uses them only while it lasts.
 */
export interface LinuxCalls {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  getsockopt(
    fd: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: Uint32Array,
  ): number;
  bind(fd: number, address: Uint8Array): number;
  connect(fd: number, address: Uint8Array): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  /** Returns how many of the messages were sent: the first, at least, or the error. */
  sendmmsg(fd: number, messages: Uint8Array, count: number): number;
  /** Returns how many came, without waiting for more; what the socket does about the first. */
  recvmmsg(fd: number, messages: Uint8Array, count: number): number;
  close(fd: number): number;
  epollCreate(): number;
  epollControl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  /** A descriptor that can be read from at once: what wakes whoever waits. */
  bell(): number;
  /** Where the bytes are in memory. They must be kept for as long as the number is used. */
  addressOf(bytes: Uint8Array): number;
  /**
   * Waits in a thread of its own, and tells here what became ready, by the number that was given with
   * it. Resolves when `STOP` has become ready: nobody waits any more. Keeps the program alive.
   */
  wait(epoll: number, ready: (tokens: readonly number[]) => void): Promise<void>;
}

/** Gives the calls, or says in a few words why they cannot be had. */
export type LoadCalls = () => Promise<LinuxCalls | string>;

/** The number with which a bell ends a wait. */
export const STOP = 0;

/** Events that one wait can bring; more come with the next. */
export const EVENTS_MAX = 32;

/** Where the parts of an `epoll_event` are: packed on x86 alone. */
export interface EventLayout {
  readonly size: number;
  readonly token: number;
}

/** That of a processor, by the name that the runtime gives it. */
export function eventLayout(arch: string): EventLayout {
  return arch === "x64" ? { size: 12, token: 4 } : { size: 16, token: 8 };
}

/** C's names, with the numbers that they have on x86-64 and arm64. */
export const C = {
  AF_INET: 2,
  SOCK_DGRAM: 2,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  MSG_WAITFORONE: 0x10000,
  IPPROTO_IP: 0,
  IP_MULTICAST_IF: 32,
  IP_MULTICAST_TTL: 33,
  IP_MULTICAST_LOOP: 34,
  IP_ADD_MEMBERSHIP: 35,
  IP_ADD_SOURCE_MEMBERSHIP: 39,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_RCVTIMEO: 20,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  SO_MEMINFO: 55,
  SOL_UDP: 17,
  UDP_SEGMENT: 103,
  UDP_GRO: 104,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
  EPOLL_CLOEXEC: 0o2000000,
  EFD_CLOEXEC: 0o2000000,
  EPOLLIN: 1,
  EPOLLONESHOT: 2 ** 30,
} as const;

/** The errors that are no errors, or that something can be done about. */
export const E = {
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  ENOMEM: 12,
  EINVAL: 22,
  EMSGSIZE: 90,
  ENOBUFS: 105,
} as const;
