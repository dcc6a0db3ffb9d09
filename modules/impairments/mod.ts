/** What the network does to packets. A new impairment is a file and a line here. */
import { drop } from "./drop/mod.ts";
import type { ImpairmentDefinition } from "./impairment.ts";

/** Every impairment, by the key that a rule below `impair:` takes. */
export const impairments: readonly ImpairmentDefinition<unknown>[] = [drop];
