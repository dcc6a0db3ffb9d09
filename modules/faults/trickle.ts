import * as z from "zod";
import { positiveDuration, size } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration, plural } from "../core/units.ts";
import type { FaultDefinition } from "./fault.ts";

/** How small the pieces are, and how long after each the next one leaves. */
export interface Trickle {
  readonly chunk: number;
  readonly every: Nanos;
}

/** A server behind a link that hardly gets anything through. */
export const trickle: FaultDefinition<Trickle> = {
  name: "trickle",
  summary:
    "sends the answer in pieces of so many bytes, one at a time; repairs on a group go singly",
  example: "{ seq: 150, attempt: 2, trickle: { chunk: 1 byte, every: 5ms } }",
  options: z.strictObject({ chunk: size(1), every: positiveDuration() }),
  label: ({ chunk, every }) => `trickle ${plural(chunk, "byte")} every ${formatDuration(every)}`,
  stage: () => "request",
  create: ({ chunk, every }) => ({ trickle: { bytes: chunk, every } }),
  unfit: (_options, { over }, name) =>
    over === "datagram"
      ? `${name} answers with one datagram, which comes whole or not at all: take latency`
      : undefined,
};
