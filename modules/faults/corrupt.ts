import * as z from "zod";
import type { FaultDefinition } from "./fault.ts";

/** What is damaged: messages, or what they are carried in. */
export type Corrupted = "payload" | "frame";

/** A server whose memory or whose code spoils what it sends. */
export const corrupt: FaultDefinition<Corrupted> = {
  name: "corrupt",
  summary:
    "payload: flips one bit in the second half of each message, which no client can know; frame: " +
    "flips the highest bit of the first byte of whatever carries messages, which it can",
  example: "{ request: 3, corrupt: frame }",
  options: z.enum(["payload", "frame"]),
  label: (what) => `corrupt ${what}`,
  stage: () => "request",
  create: (what, { rng }) =>
    what === "frame"
      ? { flip: true }
      : {
          rewrite: (message) => {
            const copy = message.slice();
            // Some formats begin a message with its length; damaged, it could not be sent at all.
            const half = copy.length >>> 1;
            const at = half + rng.below(copy.length - half);
            if (copy.length > 0) copy[at]! ^= 1 << rng.below(8);
            return copy;
          },
        },
  unfit: (what, { carriesPayload }, name) =>
    what === "payload" && !carriesPayload
      ? `an answer of ${name} carries no payload: write corrupt: frame`
      : undefined,
};
