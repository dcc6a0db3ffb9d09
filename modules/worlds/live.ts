/** The live world: real sockets and real time, on Bun, Deno and Node. */
import type { Clock } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import { LiveClock } from "./live-clock.ts";
import { deno } from "./runtime.ts";
import { connectTcp, listenTcp } from "./tcp.ts";
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
  Transport,
  World,
} from "./world.ts";

/** A world on this machine's network. Its clock starts at zero now. */
export function openLiveWorld(): World {
  return new LiveWorld();
}

class LiveWorld implements World {
  readonly clock: Clock = new LiveClock();
  readonly transport: Transport = new LiveTransport();

  until<T>(done: Promise<T>): Promise<T> {
    return done;
  }
}

class LiveTransport implements Transport {
  publish(line: LineAddress, events: SenderEvents): Promise<Sender> {
    return NodeSender.open(line, events);
  }

  subscribe(
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): Promise<Subscription> {
    const listenDatagram = deno?.listenDatagram;
    return listenDatagram === undefined
      ? NodeSubscription.open(line, receive)
      : DenoSubscription.open(listenDatagram, line, receive);
  }

  listen(at: Endpoint, handler: StreamHandler, over: Over = "stream"): Promise<Listener> {
    return over === "stream" ? listenTcp(at, handler) : listenUdp(at, handler);
  }

  connect(to: Endpoint, handler: StreamHandler, over: Over = "stream"): Connection {
    return over === "stream" ? connectTcp(to, handler) : connectUdp(to, handler);
  }
}
