/** The live world: real sockets and real time, on Bun, Deno and Node. */
import type { Clock } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import { LiveClock } from "./live-clock.ts";
import type { LinuxPath } from "./linux/path.ts";
import { linuxPath } from "./linux.ts";
import { PreciseClock } from "./precise-clock.ts";
import { bun, deno } from "./runtime.ts";
import { connectTcp, listenTcp } from "./tcp.ts";
import { LiveThreads, type ThreadWorld } from "./threads.ts";
import { BunSender } from "./udp-bun.ts";
import { DenoSubscription } from "./udp-deno.ts";
import { NodeSender, NodeSubscription } from "./udp-node.ts";
import { connectUdp, listenUdp } from "./udp-request.ts";
import type {
  Connection,
  LineAddress,
  Listener,
  Over,
  Sender,
  SenderEvents,
  StreamHandler,
  Subscription,
  Threads,
  Transport,
  TransportChoice,
  TransportPath,
  World,
} from "./world.ts";

/** How a live world is opened. */
export interface LiveOptions {
  /** `auto`: Linux's own where it works. What cannot be had is done the portable way. */
  readonly transport?: TransportChoice | undefined;
  /** The file that threads begin with; without it there are none. */
  readonly thread?: URL | undefined;
}

/** A world on this machine's network. Its clock starts at zero now. */
export function openLiveWorld({ transport = "auto", thread }: LiveOptions = {}): World {
  const clock = new LiveClock();
  const { epochMs, zeroMs } = clock;
  const threads = thread && new LiveThreads(thread, { epochMs, zeroMs, transport });
  return new LiveWorld(clock, transport, threads);
}

/** The same world in another thread; `precise` where that has nothing to do but to be punctual. */
export function openThreadWorld(
  { epochMs, zeroMs, transport }: ThreadWorld,
  precise: boolean,
): World {
  const clock = precise ? new PreciseClock(epochMs, zeroMs) : new LiveClock(epochMs, zeroMs);
  return new LiveWorld(clock, transport);
}

class LiveWorld implements World {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly threads: Threads | undefined;

  constructor(clock: Clock, choice: TransportChoice, threads?: Threads) {
    this.clock = clock;
    this.transport = new LiveTransport(choice);
    this.threads = threads;
  }

  until<T>(done: Promise<T>): Promise<T> {
    return done;
  }
}

class LiveTransport implements Transport {
  readonly #choice: TransportChoice;
  #linux: Promise<LinuxPath | string> | undefined;

  constructor(choice: TransportChoice) {
    this.#choice = choice;
  }

  async path(): Promise<TransportPath> {
    const linux = await this.#open();
    return typeof linux === "string"
      ? { name: "portable", reason: linux }
      : { name: "linux", reason: "this kernel sends and receives trains of packets" };
  }

  async publish(line: LineAddress, events: SenderEvents): Promise<Sender> {
    const linux = await this.#open();
    if (typeof linux !== "string") return linux.publish(line, events);
    const udpSocket = bun?.udpSocket;
    return udpSocket === undefined || line.sendBuffer !== undefined
      ? NodeSender.open(line, events)
      : BunSender.open(udpSocket, line, events);
  }

  async subscribe(
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): Promise<Subscription> {
    const linux = await this.#open();
    const soon = line.soon === true && deno === undefined;
    if (typeof linux !== "string" && !soon) return linux.subscribe(line, receive);
    const listenDatagram = deno?.listenDatagram;
    return listenDatagram === undefined
      ? NodeSubscription.open(line, receive)
      : DenoSubscription.open(listenDatagram, line, receive);
  }

  #open(): Promise<LinuxPath | string> {
    this.#linux ??= this.#choice === "portable" ? Promise.resolve("it was asked for") : linuxPath();
    return this.#linux;
  }

  listen(at: Endpoint, handler: StreamHandler, over: Over = "stream"): Promise<Listener> {
    return over === "stream" ? listenTcp(at, handler) : listenUdp(at, handler);
  }

  connect(to: Endpoint, handler: StreamHandler, over: Over = "stream"): Connection {
    return over === "stream" ? connectTcp(to, handler) : connectUdp(to, handler);
  }
}
