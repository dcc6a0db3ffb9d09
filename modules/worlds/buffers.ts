/** How much the system keeps for a socket: asked for, read back, and compared. */
import type { Socket } from "node:dgram";
import process from "node:process";
import { formatSize } from "../core/units.ts";
import { deno } from "./runtime.ts";

/** Which of a socket's two buffers is meant. */
export type BufferSide = "send" | "receive";

/** The bytes that were granted, where it can be known, and what to say when they are too few. */
export interface Granted {
  readonly bytes: number | undefined;
  readonly shortfall: string | undefined;
}

/** Where a system does not grant a part of what it is asked for, nothing below this is asked. */
const ASKED_MIN = 4096;

/** Asks for a buffer; without a wish, only says what the socket has. */
export function askForBuffer(socket: Socket, side: BufferSide, wish: number | undefined): Granted {
  // Deno sets neither buffer, and repeats what it was asked for.
  if (deno !== undefined) return { bytes: undefined, shortfall: unasked(side, wish) };
  if (wish !== undefined) ask(socket, side, wish);
  const counted = side === "send" ? socket.getSendBufferSize() : socket.getRecvBufferSize();
  // Linux adds as much again for its own use, and counts it in. People know what sysctl says.
  const bytes = process.platform === "linux" ? counted / 2 : counted;
  return { bytes, shortfall: shortfallOf(side, wish, bytes) };
}

/** What a runtime that cannot ask has to say to a wish. */
export function unasked(side: BufferSide, wish: number | undefined): string | undefined {
  if (wish === undefined) return undefined;
  return (
    `Deno cannot ask for a ${side} buffer of ${formatSize(wish)}: ` +
    `raise sysctl ${LIMITS[side]}_default, or run it with Bun or Node`
  );
}

const LIMITS = { send: "net.core.wmem", receive: "net.core.rmem" } as const;

function ask(socket: Socket, side: BufferSide, wish: number): void {
  // Linux grants what it may; others refuse what is more than they may grant.
  for (let bytes = wish; bytes >= Math.min(wish, ASKED_MIN); bytes = Math.floor(bytes / 2)) {
    try {
      if (side === "send") socket.setSendBufferSize(bytes);
      else socket.setRecvBufferSize(bytes);
      return;
    } catch {
      continue;
    }
  }
}

/** What to say when `bytes` is less than was wished for. */
export function shortfallOf(
  side: BufferSide,
  wish: number | undefined,
  bytes: number,
): string | undefined {
  if (wish === undefined || bytes >= wish) return undefined;
  const remedy =
    process.platform === "linux"
      ? `raise sysctl ${LIMITS[side]}_max`
      : "raise the system's limit, or ask for less";
  const [asked, granted] = [wish, bytes].map(formatSize);
  return `a ${side} buffer of ${asked} was asked for and ${granted} granted: ${remedy}`;
}
