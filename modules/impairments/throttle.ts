import * as z from "zod";
import { bitRate, packets } from "../core/options.ts";
import { type Nanos, SECOND } from "../core/time.ts";
import { formatBitRate } from "../core/units.ts";
import { ALL_KINDS, type ImpairmentDefinition } from "./impairment.ts";

/** A slow link with a queue before it. */
export interface Throttle {
  /** Bits a second. */
  readonly rate: number;
  /** Packets that may wait, besides the one that the link is busy with. */
  readonly queue: number;
}

/** The longest queue that a link can have, in packets. */
export const THROTTLE_QUEUE_MAX = 1_000_000;

/** What the link carries besides the payload: an IPv4 header without options, and UDP's. */
export const HEADER_BYTES = 20 + 8;

/**
 * A link that takes its time for each packet, one after the other. A packet leaves when its last bit
 * does; one that finds the queue full is lost, and those that wait are not.
 */
export const throttle: ImpairmentDefinition<Throttle> = {
  name: "throttle",
  summary: "a slow link with a queue before it, which loses what finds the queue full",
  example: "throttle: { rate: 10Mbit/s, queue: 100 packets }",
  options: z.strictObject({
    rate: bitRate(),
    queue: packets(THROTTLE_QUEUE_MAX).prefault("100 packets"),
  }),
  kinds: ALL_KINDS,
  label: ({ rate }) => `throttle ${formatBitRate(rate)}`,
  create({ rate, queue }) {
    /** When those that wait will begin, in order. A ring, so that the queue's length costs nothing. */
    const starts = new Float64Array(queue);
    let first = 0;
    let waiting = 0;
    let freeAt: Nanos = 0;
    return {
      apply(packet, at, emit) {
        while (waiting > 0 && starts[first]! <= at) {
          first = (first + 1) % queue;
          waiting--;
        }
        if (freeAt > at) {
          if (waiting === queue) return;
          starts[(first + waiting++) % queue] = freeAt;
        }
        const bits = 8 * (packet.bytes.length + HEADER_BYTES);
        freeAt = Math.max(freeAt, at) + (bits * SECOND) / rate;
        emit(packet, Math.round(freeAt));
      },
    };
  },
};
