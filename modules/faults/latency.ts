import { positiveDuration } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import type { FaultDefinition } from "./fault.ts";

/** A server that takes its time. */
export const latency: FaultDefinition<Nanos> = {
  name: "latency",
  summary: "lets the whole answer, repairs on a group too, start so much later",
  example: "{ seq: 120, attempt: 1, latency: 800ms }",
  options: positiveDuration(),
  label: (wait) => `latency ${formatDuration(wait)}`,
  stage: () => "request",
  create: (delay) => ({ delay }),
};
