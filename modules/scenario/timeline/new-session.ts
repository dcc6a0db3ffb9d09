import * as z from "zod";
import type { TimelineAction } from "./action.ts";

/** What the session is called. */
export interface NewSession {
  readonly session?: string | undefined;
}

/** A feed that was started anew: its numbers begin again, and whoever follows must notice. */
export const newSession: TimelineAction<NewSession> = {
  name: "feed.new_session",
  summary: "the session ends and the next one begins, with its first number",
  example: '{ at: "msg 20000", do: feed.new_session }',
  options: z.strictObject({
    session: z
      .string()
      .min(1)
      .meta({ examples: ["FEEDLAB002"] })
      .optional(),
  }),
  label: ({ session }) => `feed.new_session${session === undefined ? "" : ` ${session}`}`,
  effect: ({ session }) => ({ kind: "new-session", for: 0, session }),
  wrong({ session }, { sessions: { can, bytes } }) {
    if (!can) {
      return {
        key: "do",
        message: "the feed's protocol cannot begin its numbers again: remove this",
      };
    }
    if (session === undefined || session.length <= bytes) return undefined;
    const message =
      bytes === 0
        ? "the sessions of the feed's protocol have no names: leave it out"
        : `"${session}" has ${session.length} characters: a session's name has up to ${bytes}`;
    return { key: "session", message };
  },
};
