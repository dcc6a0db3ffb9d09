/**
 * A recovery server over TCP that is asked for everything it has, and whoever asks: each in a process of
 * its own.
 *
 *     replay.ts serve|ask PROTOCOL PORT MESSAGES
 *
 * PROTOCOL is a recovery protocol for messages of MoldUDP64, or `bare`: the same messages, each with
 * its length before it, written as fast as a socket takes them. A server says `ready`, and ends when its
 * input does; whoever asks prints JSON, or what was wrong.
 */
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { recoveries } from "../../modules/codecs/recovery/mod.ts";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { RecoveryNode } from "../../modules/nodes/recovery.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { addUp, messagesOf, partsOf } from "./feed.ts";
import { blockOf } from "../support/block-of.ts";

/** What the bare server writes at once. */
const CHUNK_BYTES = 64 * 1024;
const LENGTH_BYTES = 2;
const HOST = "127.0.0.1";

/** What a client is told of every message. */
type Take = (seq: number, bytes: Uint8Array, start: number, end: number) => void;

const [role, protocol = "", portText, many] = process.argv.slice(2);
const port = Number(portText);
const count = Number(many);
const parts = partsOf("moldudp64");
const { first } = parts;

if (role === "serve") {
  await (protocol === "bare" ? serveBare() : serve());
  console.log("ready");
  process.stdin.on("end", () => process.exit(0)).resume();
} else {
  const all = messagesOf(parts, count);
  let expected = 0;
  for (const bytes of all) expected = addUp(expected, bytes, 0, bytes.length);
  let [next, sum, wrong] = [first, 0, 0];
  const began = performance.now();
  const take: Take = (seq, bytes, start, end) => {
    if (seq !== next) wrong++;
    next = seq + 1;
    sum = addUp(sum, bytes, start, end);
  };
  if (protocol === "bare") await askBare(take);
  else await ask(codecOf(protocol), take, () => next);
  const seconds = (performance.now() - began) / 1000;
  const good = next === first + count && wrong === 0 && sum === expected;
  const what = `wrong: ${next - first} of ${count} messages, ${wrong} out of order, sum ${sum}`;
  console.log(good ? JSON.stringify({ perSecond: count / seconds }) : what);
  process.exit(good ? 0 : 1);
}

function codecOf(name: string): RecoveryCodec {
  const definition = recoveries.find((one) => one.name === name)!;
  return definition.create(definition.options.parse({}), { epochMs: 0 });
}

async function serve(): Promise<void> {
  const store = new MemoryStore(first, count);
  for (const [i, message] of messagesOf(parts, count).entries()) {
    store.append(first + i, blockOf(message));
  }
  await RecoveryNode.open(openLiveWorld(), {
    listen: { host: HOST, port },
    codec: codecOf(protocol),
    store,
    sessions: parts.sessions,
    observe: () => {},
  });
}

/** Asks for as much as one request may name, again and again. */
async function ask(codec: RecoveryCodec, take: Take, next: () => number): Promise<void> {
  const until = first + count;
  for (let before = -1; next() < until && next() > before;) {
    before = next();
    await askOnce(codec, take, next, until);
  }
}

/** All requests that one connection takes; resolves when it has closed. */
function askOnce(
  codec: RecoveryCodec,
  take: Take,
  next: () => number,
  until: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST, allowHalfOpen: true });
    socket.setNoDelay(true);
    let request = 0;
    const askMore = (): void => {
      const from = next();
      if (from >= until || (request > 0 && codec.connection === "one")) {
        socket.destroy();
        return;
      }
      const asked = { session: "", from, until: Math.min(until, from + codec.requestMax) };
      socket.write(dialogue.ask(++request, asked));
      if (codec.requestEnds) socket.end();
    };
    const nothing = (): void => {};
    const fail = (what: string): void => void socket.destroy(new Error(what));
    const dialogue = codec.client({
      message: (_session, seq, bytes, start, end) => {
        take(seq, bytes, start, end);
        // Not every protocol says where an answer ends.
        if (codec.connection === "follow" && seq + 1 === until) socket.destroy();
      },
      accepted: nothing,
      refused: (_request, reason) => fail(reason),
      answered: askMore,
      reply: (bytes) => void socket.write(bytes),
      fault: (_fault, text) => fail(`the server said "${text}"`),
    });
    socket.on("connect", askMore);
    socket.on("data", (bytes: Uint8Array) => dialogue.push(bytes));
    socket.on("end", () => {
      dialogue.end();
      socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
}

function serveBare(): Promise<void> {
  const messages = messagesOf(parts, count);
  const length = messages.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
  const slab = new Uint8Array(length);
  let at = 0;
  for (const message of messages) {
    slab[at] = message.length >> 8;
    slab[at + 1] = message.length;
    slab.set(message, at + LENGTH_BYTES);
    at += LENGTH_BYTES + message.length;
  }
  const server = createServer((socket) => writeAll(socket, slab));
  return new Promise((resolve) => server.listen(port, HOST, resolve));
}

function writeAll(socket: Socket, slab: Uint8Array): void {
  let at = 0;
  const go = (): void => {
    while (at < slab.length) {
      const end = Math.min(at + CHUNK_BYTES, slab.length);
      const room = socket.write(slab.subarray(at, end));
      at = end;
      if (!room) return void socket.once("drain", go);
    }
    socket.end();
  };
  socket.on("error", () => {});
  go();
}

function askBare(take: Take): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST });
    let rest: Uint8Array = new Uint8Array();
    let seq = first;
    socket.on("data", (chunk: Uint8Array) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      for (;;) {
        const start = at + LENGTH_BYTES;
        if (start > bytes.length) break;
        const end = start + 256 * bytes[at]! + bytes[at + 1]!;
        if (end > bytes.length) break;
        take(seq++, bytes, start, end);
        at = end;
      }
      rest = bytes.slice(at);
    });
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
}
