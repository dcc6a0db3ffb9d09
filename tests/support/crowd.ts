/** A crowd at a recovery server: those who ask and read, those who hardly read, and those who babble. */
import { connect, type Socket } from "node:net";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { createRng, type Rng } from "../../modules/core/rng.ts";
import type { Endpoint } from "../../modules/core/units.ts";

/** Who comes. */
export interface CrowdOptions {
  readonly at: Endpoint;
  readonly codec: RecoveryCodec;
  readonly honest: number;
  /** They ask for all that there is, and read a byte a second. */
  readonly slow: number;
  /** They send what is no request, and come again when they are turned away. */
  readonly garbage: number;
  /** Messages that each honest one asks for. */
  readonly messages: number;
  readonly seed: string;
  /** Whoever was not served by then is not. */
  readonly limitMs: number;
}

/** What became of the honest ones. */
export interface CrowdFigures {
  readonly served: number;
  /** Times that one of them was turned away, and came again. */
  readonly refused: number;
  /** From when all began to when each one had its answer, in milliseconds, ascending. */
  readonly servedMs: readonly number[];
  /** The first answer that was not what was asked for. */
  readonly wrong: string | undefined;
}

/** How long one who was turned away waits, and up to twice as long. */
const AGAIN_MS = 50;

const GARBAGE_BYTES = 200;

/** All at once. Resolves when all honest ones were served, and the others are gone. */
export async function crowd(options: CrowdOptions): Promise<CrowdFigures> {
  const { honest, slow, garbage, seed, limitMs } = options;
  const sockets = new Set<Socket>();
  const rng = createRng(seed);
  const start = performance.now();
  const servedMs: number[] = [];
  let refused = 0;
  let over = false;
  let wrong: string | undefined;
  const open = (): Socket => {
    const { host, port } = options.at;
    const socket = connect({ host, port, allowHalfOpen: true });
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Whatever ends it, it closes.
    socket.on("error", () => {});
    return socket;
  };
  const again = (act: () => void): void => {
    const chance = rng.float();
    setTimeout(() => over || act(), AGAIN_MS * (1 + chance));
  };
  const slowTimers: ReturnType<typeof setInterval>[] = [];
  for (let i = 0; i < slow; i++) slowTimers.push(readSlowly(open(), options.codec));
  for (let i = 0; i < garbage; i++) babble(open, again, rng.fork(`garbage ${i}`));
  const all = Array.from({ length: honest }, (_, i) => {
    return new Promise<void>((resolve) => {
      const attempt = (): void => {
        ask(open(), options, 1 + i * options.messages, (outcome) => {
          if (outcome === "refused") {
            refused++;
            return again(attempt);
          }
          if (outcome !== "served") wrong ??= outcome;
          servedMs.push(performance.now() - start);
          resolve();
        });
      };
      attempt();
    });
  });
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([Promise.all(all), late]);
  clearTimeout(timer);
  over = true;
  for (const timer of slowTimers) clearInterval(timer);
  for (const socket of sockets) socket.destroy();
  const served = servedMs.length;
  return { served, refused, servedMs: servedMs.toSorted((a, b) => a - b), wrong };
}

/** One honest client: it tells "served", "refused" (come again), or what was wrong with the answer. */
function ask(
  socket: Socket,
  { codec, messages: wanted }: CrowdOptions,
  from: number,
  tell: (outcome: string) => void,
): void {
  const messages = Math.min(wanted, codec.requestMax);
  let next = from;
  let told = false;
  const conclude = (outcome: string): void => {
    if (told) return;
    told = true;
    tell(outcome);
    socket.destroy();
  };
  const dialogue = codec.client({
    message: (_session, seq) => {
      if (seq !== next++) conclude(`${seq} came where ${next - 1} was asked for`);
      else if (next === from + messages) conclude("served");
    },
    accepted: () => {},
    refused: (_request, reason) => conclude(`refused: ${reason}`),
    answered: () => {},
    reply: () => {},
    fault: (_fault, text) => conclude(`the server said "${text}"`),
  });
  socket.on("connect", () => {
    socket.write(dialogue.ask(1, { session: "", from, until: from + messages }));
    if (codec.requestEnds) socket.end();
  });
  socket.on("data", (bytes: Uint8Array) => dialogue.push(bytes));
  socket.on("end", () => {
    dialogue.end();
    conclude("refused");
  });
  socket.on("close", () => conclude("refused"));
}

function readSlowly(socket: Socket, codec: RecoveryCodec): ReturnType<typeof setInterval> {
  const nothing = (): void => {};
  const dialogue = codec.client({
    message: nothing,
    accepted: nothing,
    refused: nothing,
    answered: nothing,
    reply: nothing,
    fault: nothing,
  });
  socket.pause();
  socket.on("connect", () => {
    const until = 1 + Math.min(codec.requestMax, 1e9);
    socket.write(dialogue.ask(1, { session: "", from: 1, until }));
    if (codec.requestEnds) socket.end();
  });
  return setInterval(() => void socket.read(1), 1000);
}

function babble(open: () => Socket, again: (act: () => void) => void, rng: Rng): void {
  const socket = open();
  const bytes = Uint8Array.from({ length: GARBAGE_BYTES }, () => rng.below(256));
  socket.on("connect", () => socket.write(bytes));
  socket.on("data", () => {});
  socket.on("end", () => socket.end());
  socket.on("close", () => again(() => babble(open, again, rng)));
}
