/**
 * One end of a line at full speed, in a process of its own; datagrams.c does the same.
 *
 *     datagrams.ts send|recv PATH GROUP PORT COUNT SIZES SHARED LISTENERS|PLACE
 *
 * PATH: `linux` or `portable`, our transports, or `dgram`, node:dgram with nothing around it.
 * SIZES: a file with the sizes of packets, as 4096 numbers of 32 bits; they come again and again.
 * SHARED: a file of numbers that all ends see. Listener i has 16 of them, from 16 i on: the number of the
 * packet that it expects next, and the bytes of its receive buffer. The sender never has more packets
 * under way than fit into the smallest one, so that nothing is lost, and nobody is slowed by being told.
 *
 * A packet begins with its number and ends with the last byte of it. The sum of what came takes in
 * every number and size and the last byte of each, in order. The clock starts at a third of the packets:
 * who compiles while it runs has done so by then. Prints one line of JSON.
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers";
import { deferred } from "../../modules/core/deferred.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import type { Batch, LineAddress, TransportChoice } from "../../modules/worlds/world.ts";
import { sharedNumbers } from "./shared-numbers.ts";

const SIZES = 4096;
const BATCH = 256;

/** What a packet may take of a receive buffer: the largest, and what the kernel keeps beside it. */
const PACKET_CHARGE = 2560;

/** More than that is never under way. */
const WINDOW_MAX = 4096;

/** Numbers that a listener has in the shared ones. */
const PLACE = 16;

/** A listener tells of every so many packets. */
const TELL_EVERY = 32;

const RECEIVE_BUFFER = 8 * 1024 * 1024;

/** When nothing has come, or left, for so long, the rest never will. */
const STALL_MS = 2000;
const SILENCE_MS = 1000;

const [role, path = "", host = "", port, count, sizesFile = "", sharedFile = "", last] =
  process.argv.slice(2);
const packetsMax = Number(count);
const sizes = new Int32Array(new Uint8Array(readFileSync(sizesFile)).buffer);
const shared = sharedNumbers(sharedFile);
const line: LineAddress = {
  group: { host, port: Number(port) },
  interface: "lo",
  ttl: 1,
  receiveBuffer: RECEIVE_BUFFER,
};

const figures = role === "send" ? await sendAll(Number(last)) : await receiveAll(Number(last));
console.log(JSON.stringify(figures));
process.exit(0);

/** Takes whole batches, and resolves when there is room for another. */
type Send = (batch: Batch) => Promise<void> | undefined;

async function sendAll(listeners: number): Promise<object> {
  const room = Math.min(
    WINDOW_MAX,
    ...Array.from({ length: listeners }, (_, i) =>
      Math.floor(shared[PLACE * i + 1]! / PACKET_CHARGE),
    ),
  );
  let each = BATCH;
  while (each > 1 && each > room / 2) each /= 2;
  const batches = batchesOf(each);
  const send = path === "dgram" ? await bareSender() : await ourSender();
  let [seen, seenAt] = [0, performance.now()];
  let seq = 0;
  for (let turn = 0; seq < packetsMax;) {
    const least = leastSeen(listeners);
    if (seq + each - least > room) {
      if (least !== seen) [seen, seenAt] = [least, performance.now()];
      else if (performance.now() - seenAt > STALL_MS) return { stalled: seq };
      await aTurn();
      continue;
    }
    const batch = batches[turn++ % batches.length]!;
    const { slab, ends } = batch;
    for (let i = 0, at = 0; i < each; at = ends[i++]!) {
      slab[at] = seq;
      slab[at + 1] = seq >> 8;
      slab[at + 2] = seq >> 16;
      slab[at + 3] = seq >> 24;
      slab[ends[i]! - 1] = seq;
      seq++;
    }
    const wait = send(batch);
    if (wait !== undefined) await wait;
    seenAt = performance.now();
  }
  // What was taken has to leave, and is never closed before it was heard.
  for (const began = performance.now(); leastSeen(listeners) < seq; await aTurn()) {
    if (performance.now() - began > STALL_MS) return { stalled: seq };
  }
  return { packets: seq };
}

function leastSeen(listeners: number): number {
  let least = Infinity;
  for (let i = 0; i < listeners; i++) least = Math.min(least, Atomics.load(shared, PLACE * i));
  return least;
}

function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** All in the same memory, as in C and as whoever sends through us has it: what is kept is copied. */
function batchesOf(each: number): Batch[] {
  const allEnds = Array.from({ length: SIZES / each }, (_, turn) => {
    let end = 0;
    return sizes.slice(turn * each, (turn + 1) * each).map((size) => (end += size));
  });
  const slab = new Uint8Array(Math.max(...allEnds.map((ends) => ends.at(-1)!)));
  return allEnds.map((ends) => ({ slab, ends, count: each }));
}

async function ourSender(): Promise<Send> {
  const { transport } = openLiveWorld({ transport: path as TransportChoice });
  let room = deferred();
  const sender = await transport.publish(line, {
    drained: () => room.resolve(),
    failed: (reason) => console.error(reason),
  });
  const rest = async (batch: Batch, from: number): Promise<void> => {
    for (let sent = from; sent < batch.count;) {
      await room.promise;
      room = deferred();
      sent += sender.send(sent === 0 ? batch : restOf(batch, sent));
    }
  };
  return (batch) => {
    room = deferred();
    const sent = sender.send(batch);
    return sent === batch.count ? undefined : rest(batch, sent);
  };
}

function restOf({ slab, ends, count }: Batch, from: number): Batch {
  const start = ends[from - 1]!;
  return {
    slab: slab.subarray(start),
    ends: ends.slice(from).map((end) => end - start),
    count: count - from,
  };
}

async function bareSender(): Promise<Send> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  socket.setMulticastInterface("127.0.0.1");
  socket.setMulticastTTL(1);
  if (process.versions["deno"] !== undefined) {
    // Sends that are not awaited leave in reverse there.
    return async ({ slab, ends, count }) => {
      for (let i = 0, at = 0; i < count; at = ends[i++]!) {
        const length = ends[i]! - at;
        await new Promise((resolve) =>
          socket.send(slab, at, length, line.group.port, host, resolve),
        );
      }
    };
  }
  return ({ slab, ends, count }) =>
    new Promise((resolve) => {
      let left = count;
      const gone = (): void => {
        left--;
        if (left === 0) resolve();
      };
      for (let i = 0, at = 0; i < count; at = ends[i++]!) {
        socket.send(slab, at, ends[i]! - at, line.group.port, host, gone);
      }
    });
}

async function receiveAll(place: number): Promise<object> {
  const over = deferred();
  const warm = Math.floor(packetsMax / 3);
  const own = PLACE * place;
  let [packets, gaps, sum, next, began, ended] = [0, 0, 0, 0, 0, 0];
  const receive = (bytes: Uint8Array): void => {
    const seq = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24);
    if (seq !== next) gaps++;
    next = seq + 1;
    sum = (Math.imul(sum ^ seq, 16_777_619) + bytes.length + bytes[bytes.length - 1]!) | 0;
    if (packets === warm) began = performance.now();
    packets++;
    if (next % TELL_EVERY === 0) Atomics.store(shared, own, next);
    if (packets === packetsMax) {
      ended = performance.now();
      Atomics.store(shared, own, next);
      over.resolve();
    }
  };
  shared[own + 1] = path === "dgram" ? await bareReceiver(receive) : await ourReceiver(receive);
  console.log("ready");
  let before = 0;
  setInterval(() => {
    if (packets > 0 && packets === before) {
      ended = performance.now();
      over.resolve();
    }
    before = packets;
  }, SILENCE_MS);
  await over.promise;
  const seconds = (ended - began) / 1000;
  return { packets, gaps, sum: sum >>> 0, measured: packets - warm, seconds };
}

async function ourReceiver(receive: (bytes: Uint8Array) => void): Promise<number> {
  const { transport } = openLiveWorld({ transport: path as TransportChoice });
  const { receiveBuffer } = await transport.subscribe(line, receive);
  // Where nobody can tell, as little as systems give.
  return receiveBuffer ?? 104 * 1024;
}

async function bareReceiver(receive: (bytes: Uint8Array) => void): Promise<number> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve) => socket.bind(line.group.port, host, resolve));
  socket.addMembership(host, "127.0.0.1");
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER);
  } catch {
    // As much as there is.
  }
  socket.on("message", receive);
  return socket.getRecvBufferSize() / 2;
}
