/** Whether this machine can do what the Linux path needs: tried on sockets that are thrown away. */
import { reasonOf } from "../../core/errors.ts";
import { codeOf } from "../advice.ts";
import { C, E, type LinuxCalls } from "./calls.ts";
import { Messages } from "./messages.ts";
import { addressBytes, checked, localAddress, numberBytes, systemError } from "./socket.ts";

/** How long a datagram may take from this machine to itself, in microseconds. */
const ECHO_US = 300_000;

/** Sizes of the datagrams that are sent: two of a train, and one for itself. */
const SIZES = [3, 2, 4] as const;

/** What is missing, in a few words; undefined when nothing is. */
export function probe(calls: LinuxCalls): string | undefined {
  const open: number[] = [];
  try {
    const [receiver, sender] = [socket(calls, open), socket(calls, open)];
    for (const [name, fd, option] of [
      ["UDP_SEGMENT", sender, C.UDP_SEGMENT],
      ["UDP_GRO", receiver, C.UDP_GRO],
    ] as const) {
      const result = calls.setsockopt(fd, C.SOL_UDP, option, numberBytes(1));
      if (result < 0) return `this kernel knows no ${name} (${codeOfCall(name, result)})`;
    }
    const epoll = calls.epollCreate();
    if (epoll < 0) return `nothing can be waited for (${codeOfCall("epoll_create1", epoll)})`;
    open.push(epoll);
    return echo(calls, receiver, sender);
  } catch (error) {
    return `a socket cannot be had (${reasonOf(error)})`;
  } finally {
    for (const fd of open) calls.close(fd);
  }
}

function socket(calls: LinuxCalls, open: number[]): number {
  const fd = checked("socket", calls.socket(C.AF_INET, C.SOCK_DGRAM | C.SOCK_CLOEXEC, 0));
  open.push(fd);
  return fd;
}

/** Sends a train and a packet to ourselves: the structures are what we think they are. */
function echo(calls: LinuxCalls, receiver: number, sender: number): string | undefined {
  const wait = new Uint8Array([...longBytes(0), ...longBytes(ECHO_US)]);
  checked("setsockopt", calls.setsockopt(receiver, C.SOL_SOCKET, C.SO_RCVTIMEO, wait));
  checked("setsockopt", calls.setsockopt(sender, C.SOL_UDP, C.UDP_SEGMENT, numberBytes(0)));
  checked("bind", calls.bind(receiver, addressBytes({ host: "127.0.0.1", port: 0 })));
  checked("connect", calls.connect(sender, addressBytes(localAddress(calls, receiver))));
  const sent = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const out = new Messages(calls, 2, false);
  const [size, last, alone] = SIZES;
  out.place(0, calls.addressOf(sent), size + last);
  out.control(0, C.SOL_UDP, C.UDP_SEGMENT, size);
  out.place(1, calls.addressOf(sent) + size + last, alone);
  out.control(1, C.SOL_UDP, C.UDP_SEGMENT, undefined);
  const gone = calls.sendmmsg(sender, out.headers, 2);
  if (gone < 2) return `a train cannot be sent (${codeOfCall("sendmmsg", gone)})`;
  const came = new Uint8Array(256);
  const heard: number[] = [];
  const sizes: number[] = [];
  while (heard.length < sent.length) {
    const into = new Messages(calls, 1, true);
    into.place(0, calls.addressOf(came), came.length);
    into.reset(0);
    const count = calls.recvmmsg(receiver, into.headers, 1);
    if (count === -E.EINTR) continue;
    if (count < 1) return `what is sent to this machine does not come (${codeOfCall("", count)})`;
    const length = into.length(0);
    heard.push(...came.subarray(0, length));
    const car = into.controlled(0, C.SOL_UDP, C.UDP_GRO) ?? length;
    for (let left = length; left > 0; left -= car) sizes.push(Math.min(car, left));
  }
  const whole = heard.join() === sent.join() && sizes.join() === SIZES.join();
  return whole ? undefined : "a train that was sent came as something else";
}

function codeOfCall(call: string, result: number): string {
  return codeOf(systemError(call, -result));
}

/** The two halves of a `long` that is not below zero. */
function longBytes(value: number): Uint8Array {
  return new Uint8Array([...numberBytes(value), ...numberBytes(0)]);
}
