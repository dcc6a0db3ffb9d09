import type { ClientDialogue } from "../../codecs/recovery/recovery.ts";
import { type Nanos, NEVER } from "../../core/time.ts";
import type { Request } from "./request.ts";

/** A connection with a server, from the attempt to open it. */
export interface Link {
  readonly id: number;
  readonly server: number;
  /** `lingering`: nothing is asked on it any more, but a late answer may still come. */
  state: "connecting" | "open" | "lingering";
  readonly dialogue: ClientDialogue;
  /** To be sent as soon as it is open. */
  waiting: Request[];
  /** Under way, by their numbers on this connection. */
  readonly requests: Map<number, Request>;
  /** Those that were given up, so that a late answer is known for what it is. */
  past: Request[];
  /** Requests sent so far. */
  sent: number;
  /** When it must have opened, or, lingering, is closed. */
  deadline: Nanos;
  lastSent: Nanos;
  lastHeard: Nanos;
  /** What the server said wrong; nothing that it says is believed after that. */
  wrong: string | undefined;
}

/** A connection that is being opened. */
export function createLink(
  id: number,
  server: number,
  dialogue: ClientDialogue,
  deadline: Nanos,
): Link {
  return {
    id,
    server,
    state: "connecting",
    dialogue,
    waiting: [],
    requests: new Map(),
    past: [],
    sent: 0,
    deadline,
    lastSent: NEVER,
    lastHeard: NEVER,
    wrong: undefined,
  };
}
