import { reasonOf, UserError } from "../../core/errors.ts";
import type { Thread, ThreadEvents, Threads } from "../../worlds/world.ts";
import type { Failure } from "./talk.ts";

/** A thread that waits for its task, and who listens to it: what is said before is lost. */
export interface ThreadLine {
  readonly thread: Thread;
  listen(events: ThreadEvents): void;
}

/** Starts a thread; a few words where there is none. */
export async function openLine(threads: Threads): Promise<ThreadLine | string> {
  let listener: ThreadEvents | undefined;
  let broken: { readonly error: unknown } | undefined;
  const thread = await threads.start({
    received: (message) => listener?.received(message),
    failed: (error) => {
      broken = { error };
      listener?.failed(error);
    },
  });
  if (typeof thread === "string") return thread;
  return {
    thread,
    listen: (events) => {
      listener = events;
      if (broken !== undefined) events.failed(broken.error);
    },
  };
}

/** An error that is to be posted. */
export function failureOf(error: unknown): Failure {
  return {
    message: reasonOf(error),
    user: error instanceof UserError ? error.kind : undefined,
  };
}

/** The error that was posted. */
export function errorOf({ message, user }: Failure): Error {
  return user === undefined ? new Error(message) : new UserError(message, user);
}
