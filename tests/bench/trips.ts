/**
 * Bare round trips: a request and its answer without anything around them. One end answers in one
 * process, the other asks in another.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";

const HOST = "127.0.0.1";
const ASK = new TextEncoder().encode("GET SEQ:12345678901\n");

/** Where the answering ends listen. */
export interface TripPorts {
  readonly connecting: number;
  readonly kept: number;
  readonly datagrams: number;
  readonly mixed: number;
}

/** The asking end. */
export interface Trip {
  readonly name: string;
  go(): Promise<void>;
}

/** Answers all kinds of trips; those whose answer is a datagram at the port `repairs`. */
export async function answerTrips(repairs: number): Promise<TripPorts> {
  const connecting = createServer({ allowHalfOpen: true }, (socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => {});
    socket.on("end", () => socket.end(ASK));
    socket.on("error", () => {});
  });
  const kept = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => socket.write(ASK));
    socket.on("error", () => {});
  });
  const answers = createSocket("udp4");
  const mixed = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => answers.send(ASK, repairs, HOST));
    socket.on("error", () => {});
  });
  const datagrams = createSocket("udp4");
  datagrams.on("message", (_bytes, { port, address }) => datagrams.send(ASK, port, address));
  datagrams.bind(0, HOST);
  await once(datagrams, "listening");
  return {
    connecting: await listening(connecting),
    kept: await listening(kept),
    mixed: await listening(mixed),
    datagrams: datagrams.address().port,
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, HOST);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A connection for each request, both ended after it, as the demo has it. */
export function connectingTrip({ connecting: port }: TripPorts): Trip {
  return {
    name: "connect + request + answer",
    go: () =>
      new Promise((resolve) => {
        const socket = connect({ port, host: HOST, allowHalfOpen: true });
        socket.setNoDelay(true);
        socket.on("connect", () => socket.end(ASK));
        socket.on("data", () => {});
        socket.on("end", resolve);
      }),
  };
}

/** A request and its answer on a connection that is there. */
export async function keptTrip({ kept: port }: TripPorts): Promise<Trip> {
  const socket = connect({ port, host: HOST });
  socket.setNoDelay(true);
  await once(socket, "connect");
  return {
    name: "request + answer, kept",
    go: () =>
      new Promise((resolve) => {
        socket.once("data", () => resolve());
        socket.write(ASK);
      }),
  };
}

/** Where the answers of `mixedTrip` arrive. */
export async function heardAt(): Promise<{ port: number; next(this: void): Promise<void> }> {
  const heard = createSocket("udp4");
  heard.bind(0, HOST);
  await once(heard, "listening");
  let wake: () => void = () => {};
  heard.on("message", () => wake());
  const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  return { port: heard.address().port, next };
}

/** Asked on a connection that is kept, answered by a datagram, as where repairs are for all. */
export async function mixedTrip(
  { mixed: port }: TripPorts,
  answered: () => Promise<void>,
): Promise<Trip> {
  const socket = connect({ port, host: HOST });
  socket.setNoDelay(true);
  await once(socket, "connect");
  return {
    name: "a TCP request, kept, answered by a datagram",
    go: () => {
      const done = answered();
      socket.write(ASK);
      return done;
    },
  };
}

/** Asked and answered by datagram from one socket, as MoldUDP64 has it. */
export async function datagramTrip({ datagrams: port }: TripPorts): Promise<Trip> {
  const socket = createSocket("udp4");
  socket.bind(0, HOST);
  await once(socket, "listening");
  let wake: () => void = () => {};
  socket.on("message", () => wake());
  return {
    name: "a UDP request and its answer, kept",
    go: () =>
      new Promise((resolve) => {
        wake = resolve;
        socket.send(ASK, port, HOST);
      }),
  };
}
