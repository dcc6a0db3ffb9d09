/** What the network does to packets. A new impairment is a file and a line here. */
import type { Definition } from "../core/registry.ts";
import { drop } from "./drop/mod.ts";
import type { Impairment, ImpairmentDeps } from "./impairment.ts";

/** Every impairment, by the key that a rule below `impair:` takes. */
export const impairments: readonly Definition<unknown, Impairment, ImpairmentDeps>[] = [drop];
