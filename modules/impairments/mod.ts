/** What the network does to packets. A new impairment is a file and a line here. */
import { blackout } from "./blackout.ts";
import { corrupt } from "./corrupt.ts";
import { delay } from "./delay.ts";
import { drop } from "./drop/mod.ts";
import { duplicate } from "./duplicate.ts";
import { hold } from "./hold.ts";
import type { ImpairmentDefinition } from "./impairment.ts";
import { reorder } from "./reorder.ts";
import { throttle } from "./throttle.ts";
import { truncate } from "./truncate.ts";

/** Every impairment, by the key that a rule below `impair:` takes. */
export const impairments: readonly ImpairmentDefinition<unknown>[] = [
  drop,
  delay,
  reorder,
  duplicate,
  corrupt,
  truncate,
  throttle,
  blackout,
  hold,
];
