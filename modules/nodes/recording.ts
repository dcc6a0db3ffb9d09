/** A world whose traffic is written down as it happens. */
import type { CaptureWriter } from "../captures/writer.ts";
import { type Endpoint, formatEndpoint, quote } from "../core/units.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import type {
  Connection,
  LineAddress,
  Listener,
  Over,
  Sender,
  SenderEvents,
  StreamHandler,
  Subscription,
  World,
} from "../worlds/world.ts";
import type { Departures } from "./publisher.ts";
import { type Dialogue, RecordedConnection, recordingHandler } from "./recording/connection.ts";
import { datagramDialogue, streamDialogue } from "./recording/dialogue.ts";
import { RecordedLine } from "./recording/line.ts";

/** A line or a server, and what its traffic is called. */
export interface RecordedPlace {
  readonly name: string;
  readonly at: Endpoint;
}

/** Who speaks, where a world does not tell. */
const SOMEBODY = "127.0.0.1";

/** Where a socket is that takes what comes to any address of its machine. */
const ANY_HOST = "0.0.0.0";

/** The ports of such clients, one after the other: from here on, as systems give them. */
const FIRST_PORT = 49_152;
const PORTS = 0x10000 - FIRST_PORT;

/**
 * Passes everything through to another world and writes it to a capture: what senders took, what
 * subscriptions received, and what was said on connections. What both of its ends see here, is written
 * once: a packet as it left, a connection as the client saw it.
 */
export class Recording implements Departures {
  /** To be used in place of the one that is recorded. */
  readonly world: World;
  #inner: World;
  #writer: CaptureWriter;
  /** Interfaces of the capture, by what they are at. */
  #interfaces = new Map<string, number>();
  #lines = new Map<LineAddress, RecordedLine>();
  /** Groups that somebody here publishes to, and servers that somebody here asks. */
  #published = new Set<string>();
  #asked = new Set<string>();
  #clients = 0;

  /** What is at none of the places is called by its address. */
  constructor(inner: World, writer: CaptureWriter, places: readonly RecordedPlace[]) {
    this.#inner = inner;
    this.#writer = writer;
    for (const { name, at } of places) {
      this.#interfaces.set(formatEndpoint(at), writer.line(name));
    }
    const path = inner.transport.path?.bind(inner.transport);
    this.world = {
      clock: inner.clock,
      transport: {
        ...(path === undefined ? {} : { path }),
        publish: (line, events) => this.#publish(line, events),
        subscribe: (line, receive) => this.#subscribe(line, receive),
        listen: (at, handler, over) => this.#listen(at, handler, over),
        connect: (to, handler, over) => this.#connect(to, handler, over),
      },
      until: (done) => inner.until(done),
    };
  }

  left(line: LineAddress): void {
    this.#lines.get(line)?.left();
  }

  dropped(line: LineAddress, { bytes }: PacketRef, rule: string): void {
    this.#lines.get(line)?.dropped(bytes, `dropped by rule ${quote(rule)}`);
  }

  async #publish(line: LineAddress, events: SenderEvents): Promise<Sender> {
    const sender = await this.#inner.transport.publish(line, events);
    const { group } = line;
    const from = sender.from ?? { host: SOMEBODY, port: group.port };
    const { clock } = this.#inner;
    const number = this.#interfaceAt(group);
    const recorded = new RecordedLine((bytes, comment) => {
      this.#writer.udp(number, clock.now(), from, group, bytes, comment);
    });
    this.#lines.set(line, recorded);
    this.#published.add(formatEndpoint(group));
    return {
      from,
      sendBuffer: sender.sendBuffer,
      shortfall: sender.shortfall,
      send: (batch) => {
        const taken = sender.send(batch);
        recorded.taken(batch, taken);
        return taken;
      },
      close: () => {
        recorded.close();
        return sender.close();
      },
    };
  }

  #subscribe(
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): Promise<Subscription> {
    const { group } = line;
    const place = formatEndpoint(group);
    const number = this.#interfaceAt(group);
    const { clock, transport } = this.#inner;
    const unknown = { host: SOMEBODY, port: group.port };
    return transport.subscribe(line, (bytes, from) => {
      if (!this.#published.has(place)) {
        this.#writer.udp(number, clock.now(), from ?? unknown, group, bytes);
      }
      receive(bytes, from);
    });
  }

  #listen(at: Endpoint, handler: StreamHandler, over: Over = "stream"): Promise<Listener> {
    const place = placeOf(at, over);
    const number = this.#interfaceAt(at);
    const recorded = new Map<Connection, RecordedConnection>();
    const open = (inner: Connection): RecordedConnection | undefined => {
      // The client has it already.
      if (this.#asked.has(place)) return undefined;
      const connection = new RecordedConnection("server", () => {
        const { local = at, remote = endpointOf(inner.peer) } = inner.ends ?? {};
        return this.#dialogue(number, remote, local, over);
      });
      connection.inner = inner;
      recorded.set(inner, connection);
      return connection;
    };
    const handle = recordingHandler(handler, open, recorded);
    return this.#inner.transport.listen(at, handle, over);
  }

  #connect(to: Endpoint, handler: StreamHandler, over: Over = "stream"): Connection {
    this.#asked.add(placeOf(to, over));
    const number = this.#interfaceAt(to);
    const unknown = { host: SOMEBODY, port: FIRST_PORT + (this.#clients++ % PORTS) };
    const connection: RecordedConnection = new RecordedConnection("client", () => {
      const { local = unknown, remote = to } = connection.inner.ends ?? {};
      return this.#dialogue(number, local, remote, over);
    });
    const handle = recordingHandler(handler, () => connection);
    connection.inner = this.#inner.transport.connect(to, handle, over);
    return connection;
  }

  #dialogue(number: number, client: Endpoint, server: Endpoint, over: Over): Dialogue {
    const { clock } = this.#inner;
    const between = [addressed(client), addressed(server)] as const;
    return over === "stream"
      ? streamDialogue(clock, this.#writer.connection(number, ...between))
      : datagramDialogue(clock, this.#writer, number, ...between);
  }

  #interfaceAt(at: Endpoint): number {
    const place = formatEndpoint(at);
    const known = this.#interfaces.get(place);
    if (known !== undefined) return known;
    const number = this.#writer.line(place);
    this.#interfaces.set(place, number);
    return number;
  }
}

function placeOf(at: Endpoint, over: Over): string {
  return `${over} ${formatEndpoint(at)}`;
}

/** From how a connection calls its peer. */
function endpointOf(peer: string): Endpoint {
  const [host = "", port] = peer.split(":");
  return { host, port: Number(port) || FIRST_PORT };
}

/** In a capture hosts have one address: not a name, and not all that a machine has. */
function addressed({ host, port }: Endpoint): Endpoint {
  const known = /^\d+\.\d+\.\d+\.\d+$/.test(host) && host !== ANY_HOST;
  return { host: known ? host : SOMEBODY, port };
}
