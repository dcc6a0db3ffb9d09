/** The little of Deno that we use, written down here so that no other runtime needs its types. */

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
