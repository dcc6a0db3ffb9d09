import * as z from "zod";
import { count, positiveDuration } from "../../core/options.ts";
import type { Nanos } from "../../core/time.ts";
import { formatDuration } from "../../core/units.ts";
import type { TimelineAction } from "./action.ts";

/** How long nobody answers. */
export interface RecoveryRestart {
  readonly down: Nanos;
  /** Which server, from 1. */
  readonly server: number;
  /** Whether it still has what was published before. */
  readonly store: "kept" | "empty";
}

/** The port is really closed, so that clients are refused by the system itself. */
export const recoveryRestart: TimelineAction<RecoveryRestart> = {
  name: "recovery.restart",
  summary:
    "the recovery server drops its clients and refuses new ones for that time; with store: empty it " +
    "then has only what is published later",
  example: "{ at: 8s, do: recovery.restart, down: 2s }",
  options: z.strictObject({
    down: positiveDuration(),
    server: count(1).default(1),
    store: z.enum(["kept", "empty"]).default("kept"),
  }),
  label: ({ down, server, store }) =>
    [
      `recovery.restart ${formatDuration(down)}`,
      ...(server === 1 ? [] : [`server ${server}`]),
      ...(store === "kept" ? [] : ["empty"]),
    ].join(", "),
  effect: ({ down, server, store }) => ({ kind: "recovery-down", for: down, server, store }),
  wrong: ({ server }, { servers }) => {
    if (servers === 0) {
      return {
        key: "do",
        message: "there is no recovery to restart: add recovery, or remove this",
      };
    }
    if (server <= servers) return undefined;
    const have = servers === 1 ? "there is only one" : `there are ${servers}`;
    return { key: "server", message: `no recovery server ${server}: ${have}` };
  },
};
