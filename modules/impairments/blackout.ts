import * as z from "zod";
import { timeWindow } from "../core/options.ts";
import type { TimeWindow } from "../core/time.ts";
import { formatWindow } from "../core/units.ts";
import { ALL_KINDS, type ImpairmentDefinition } from "./impairment.ts";

/** When nothing gets through. */
export interface Blackout {
  readonly time: TimeWindow;
}

/** Loses all that is due in a window, heartbeats too. */
export const blackout: ImpairmentDefinition<Blackout> = {
  name: "blackout",
  summary: "loses everything that is due in a time window, heartbeats too",
  example: "blackout: { time: 3s..5s }",
  options: z.strictObject({ time: timeWindow() }),
  kinds: ALL_KINDS,
  label: ({ time }) => `blackout ${formatWindow(time)}`,
  create: ({ time: { from, until } }) => ({
    apply(packet, at, emit) {
      if (packet.dueNs < from || packet.dueNs >= until) emit(packet, at);
    },
  }),
  reach: ({ time }) => ({ time }),
};
