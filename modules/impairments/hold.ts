import * as z from "zod";
import { timeWindow } from "../core/options.ts";
import { NEVER, type TimeWindow } from "../core/time.ts";
import { formatWindow } from "../core/units.ts";
import { ALL_KINDS, type ImpairmentDefinition } from "./impairment.ts";

/** When packets wait. */
export interface Hold {
  readonly time: TimeWindow;
}

/** Lets what is due in a window wait for its end; then all leaves at once, in order. */
export const hold: ImpairmentDefinition<Hold> = {
  name: "hold",
  summary: "lets everything that is due in a time window wait, and leave together at its end",
  example: "hold: { time: 3s..4s }",
  options: z.strictObject({
    time: timeWindow().refine(({ until }) => until !== NEVER, {
      error: "has no end, so nothing would ever leave: write an end, like 3s..4s",
    }),
  }),
  kinds: ALL_KINDS,
  label: ({ time }) => `hold ${formatWindow(time)}`,
  create: ({ time: { from, until } }) => ({
    apply(packet, at, emit) {
      const waits = packet.dueNs >= from && packet.dueNs < until;
      emit(packet, waits ? Math.max(at, until) : at);
    },
  }),
  reach: ({ time }) => ({ time }),
};
