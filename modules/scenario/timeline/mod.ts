/** What a timeline can have done, and when. A new action is a file and a line here. */
import type { TimelineAction } from "./action.ts";
import { feedPause } from "./feed-pause.ts";
import { impairOff } from "./impair-off.ts";
import { lineDown } from "./line-down.ts";
import { newSession } from "./new-session.ts";
import { listenPause } from "./listen-pause.ts";
import { recoveryRestart } from "./recovery-restart.ts";

/** Every action, by the word that `do` takes. */
export const timelineActions: readonly TimelineAction<unknown>[] = [
  lineDown,
  impairOff,
  feedPause,
  newSession,
  listenPause,
  recoveryRestart,
];
