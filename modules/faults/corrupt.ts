import * as z from "zod";
import type { FaultDefinition } from "./fault.ts";

/** What is damaged: messages, or what they are carried in. */
export type Corrupted = "payload" | "frame";

/** A server whose memory or whose code spoils what it sends. */
export const corrupt: FaultDefinition<Corrupted> = {
  name: "corrupt",
  summary:
    "payload: flips one bit of each message, which no client can know; frame: flips a bit of the " +
    "first byte of whatever carries messages, which it can",
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
            const bit = rng.below(8 * Math.max(1, copy.length));
            if (copy.length > 0) copy[bit >>> 3]! ^= 1 << (bit & 7);
            return copy;
          },
        },
  unfit: (what, { carriesPayload }, name) =>
    what === "payload" && !carriesPayload
      ? `an answer of ${name} carries no payload: write corrupt: frame`
      : undefined,
};
