import { positiveDuration } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import type { FaultDefinition } from "./fault.ts";

/** A server that answers and does not hang up. */
export const slowClose: FaultDefinition<Nanos> = {
  name: "slow_close",
  summary: "answers at once, and closes the connection so much later than it would",
  example: "{ connection: 2, slow_close: 2s }",
  options: positiveDuration(),
  label: (wait) => `slow_close ${formatDuration(wait)}`,
  stage: () => "request",
  create: (linger) => ({ linger }),
  unfit: (_options, { over, connection }, name) =>
    over === "datagram"
      ? `${name} asks by datagrams, which have no connection to close: take latency`
      : connection === "many"
        ? `a server of ${name} leaves closing to the client: take latency`
        : undefined,
};
