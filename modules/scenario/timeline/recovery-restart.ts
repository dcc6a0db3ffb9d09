import * as z from "zod";
import { positiveDuration } from "../../core/options.ts";
import type { Nanos } from "../../core/time.ts";
import { formatDuration } from "../../core/units.ts";
import type { TimelineAction } from "./action.ts";

/** How long nobody answers. */
export interface RecoveryRestart {
  readonly down: Nanos;
}

/** The port is really closed, so that clients are refused by the system itself. */
export const recoveryRestart: TimelineAction<RecoveryRestart> = {
  name: "recovery.restart",
  summary: "the recovery server drops its clients and refuses new ones for that time",
  example: "{ at: 8s, do: recovery.restart, down: 2s }",
  options: z.strictObject({ down: positiveDuration() }),
  label: ({ down }) => `recovery.restart ${formatDuration(down)}`,
  effect: ({ down }) => ({ kind: "recovery-down", for: down }),
  wrong: (_options, { recovery }) =>
    recovery
      ? undefined
      : { key: "do", message: "there is no recovery to restart: add recovery, or remove this" },
};
