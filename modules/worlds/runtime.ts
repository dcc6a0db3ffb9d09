/** The little of Deno and Bun that we use, written down here so that no other runtime needs its types. */

/** Of the global `Deno`, the part about datagrams. */
export interface DenoDatagrams {
  /** Needs `--unstable-net`; without it the name is missing. */
  readonly listenDatagram?: ListenDatagram;
}

/** Binds a socket; throws when the system refuses. */
export type ListenDatagram = (options: {
  readonly transport: "udp";
  readonly hostname: string;
  readonly port: number;
  readonly reuseAddress: boolean;
}) => DenoDatagramSocket;

/** Where a datagram comes from or goes to. */
export interface DenoAddress {
  readonly transport: "udp";
  readonly hostname: string;
  readonly port: number;
}

/** A bound socket. Closing it makes a `receive` that waits fail. */
export interface DenoDatagramSocket {
  /** Where it is: a `DenoAddress`. */
  readonly addr: object;
  joinMulticastV4(group: string, interfaceAddress: string): Promise<unknown>;
  /** Resolves to the part of `into` that was filled, and who sent it: a `DenoAddress`. */
  receive(into: Uint8Array): Promise<[Uint8Array, object]>;
  /** What is not awaited leaves in reverse order. */
  send(bytes: Uint8Array, to: DenoAddress): Promise<number>;
  close(): void;
}

/** Deno's own interface, or undefined on every other runtime. */
export const deno: DenoDatagrams | undefined = Reflect.get(globalThis, "Deno");

/** Of the global `Bun`, the part about datagrams. */
export interface BunDatagrams {
  readonly udpSocket: UdpSocket;
}

/** Binds a socket and connects it; rejects when the system refuses. */
export type UdpSocket = (options: {
  readonly hostname: string;
  readonly port: number;
  readonly connect: { readonly hostname: string; readonly port: number };
  readonly socket: {
    /** There is room again after `sendMany` took nothing. */
    drain(): void;
    /** Something went wrong by itself. Bun's types put the socket before the error, and Bun does not. */
    error(...told: readonly unknown[]): void;
  };
}) => Promise<BunDatagramSocket>;

/** A socket that is bound and connected. What the system refuses of it is thrown. */
export interface BunDatagramSocket {
  readonly hostname: string;
  readonly port: number;
  setMulticastInterface(address: string): boolean;
  setMulticastTTL(ttl: number): number;
  setMulticastLoopback(enabled: boolean): boolean;
  /** Returns how many were taken: those before one that was refused. If that is the first, it throws. */
  sendMany(packets: readonly Uint8Array[]): number;
  close(): void;
}

/** Bun's own interface, or undefined on every other runtime. */
export const bun: BunDatagrams | undefined = Reflect.get(globalThis, "Bun");
