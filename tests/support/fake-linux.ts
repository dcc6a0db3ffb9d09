import { type LinuxCalls, STOP } from "../../modules/worlds/linux/calls.ts";

/** A C library that does as it is told: every call succeeds, unless `does` says something else. */
export function fakeLinux(
  does: Partial<LinuxCalls> = {},
): LinuxCalls & { readonly open: Set<number> } {
  const open = new Set<number>();
  let last = 2;
  const opens = (): number => {
    open.add(++last);
    return last;
  };
  return {
    open,
    socket: opens,
    setsockopt: () => 0,
    getsockopt: () => 0,
    bind: () => 0,
    connect: () => 0,
    getsockname: () => 0,
    sendmmsg: (_fd, _messages, count) => count,
    recvmmsg: () => -11,
    close: (fd) => (open.delete(fd) ? 0 : -9),
    epollCreate: opens,
    epollControl: () => 0,
    bell: opens,
    addressOf: () => 4096,
    wait: (_epoll, ready) => {
      ready([STOP]);
      return Promise.resolve();
    },
    ...does,
  };
}
