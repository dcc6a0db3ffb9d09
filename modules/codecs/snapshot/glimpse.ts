/**
 * Snapshots in the manner of Nasdaq's GLIMPSE 5.0: a SoupBinTCP login for sequence 1, the snapshot's
 * messages as sequenced data, and an End of Snapshot with the number to go on with, that very one.
 */
import { type Seq, SEQ_MAX } from "../../core/seq.ts";
import { SECOND } from "../../core/time.ts";
import { numberAt, putText, SEQ_BYTES } from "../recovery/soupbintcp/packets.ts";
import { SoupClient } from "../recovery/soupbintcp/client.ts";
import { SoupServer } from "../recovery/soupbintcp/server.ts";
import { showBytes } from "../show.ts";
import type { SnapshotCodec } from "./snapshot.ts";

/** The letter of an End of Snapshot. No message that is published here may begin like one. */
const END_OF_SNAPSHOT = 0x47;

/** The letter, and the number in so many digits. */
const END_BYTES = 1 + SEQ_BYTES;

/** `G` and the next number in 20 digits, noughts before it. */
export function endOfSnapshot(next: Seq): Uint8Array {
  const bytes = new Uint8Array(END_BYTES);
  bytes[0] = END_OF_SNAPSHOT;
  putText(bytes, 1, SEQ_BYTES, String(next).padStart(SEQ_BYTES, "0"), "before");
  return bytes;
}

/** The first number asked for: GLIMPSE counts each snapshot from here. */
const FIRST = 1;

/** The only request on a connection. */
const REQUEST = 1;

/** One login a connection, without a password; the server closes when all is sent. */
export const glimpse: SnapshotCodec = {
  clientSilence: SECOND,
  client(out) {
    let whole = false;
    const dialogue = new SoupClient(
      {
        message: (session, _seq, bytes, start, end) => {
          if (whole) return;
          if (end - start !== END_BYTES || bytes[start] !== END_OF_SNAPSHOT) {
            return out.message(bytes, start, end);
          }
          whole = true;
          const next = numberAt(bytes, start + 1);
          if (typeof next === "string") out.fault(next, showBytes(bytes.subarray(start, end)));
          else out.complete(session, next);
        },
        accepted: () => {},
        refused: (_request, reason) => out.refused(reason),
        answered: () => {
          if (!whole) out.refused("the session ended before the snapshot");
        },
        reply: () => {},
        fault: (fault, text) => out.fault(fault, text),
      },
      { username: "", password: "", heartbeatTimeout: undefined },
    );
    return {
      ask: (session) => dialogue.ask(REQUEST, { session, from: FIRST, until: SEQ_MAX }),
      push: (bytes) => dialogue.push(bytes),
      end: () => dialogue.end(),
      heartbeat: () => dialogue.heartbeat(),
    };
  },
  server(out) {
    let seq = FIRST;
    const dialogue = new SoupServer(
      {
        // Whatever number the login names, a snapshot is sent from its beginning.
        request: (_request, { session }, text) => out.request(session, text),
        reply: (bytes) => out.reply(bytes),
        repair: () => {},
        left: () => out.left(),
        alive: () => {},
        fault: (fault, text) => out.fault(fault, text),
      },
      undefined,
    );
    const asked = { from: FIRST, until: SEQ_MAX };
    return {
      push: (bytes) => dialogue.push(bytes),
      end: () => dialogue.end(),
      begin: (session) => dialogue.begin(REQUEST, { ...asked, session }),
      message: (message) => dialogue.message(seq++, message),
      complete: (next) => {
        dialogue.message(seq++, endOfSnapshot(next));
        dialogue.endOfSession();
      },
      refuse: () => dialogue.refuse(REQUEST, { ...asked, session: "" }, "session"),
    };
  },
};
