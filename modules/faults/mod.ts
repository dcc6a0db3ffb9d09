/** What a recovery server can do wrong. A new fault is a file and a line here. */
import { ahead } from "./ahead.ts";
import { corrupt } from "./corrupt.ts";
import { down } from "./down.ts";
import { duplicate } from "./duplicate.ts";
import type { FaultDefinition } from "./fault.ts";
import { latency } from "./latency.ts";
import { notFound } from "./not-found.ts";
import { partial } from "./partial.ts";
import { reset } from "./reset.ts";
import { silent } from "./silent.ts";
import { slowClose } from "./slow-close.ts";
import { staleSession } from "./stale-session.ts";
import { trickle } from "./trickle.ts";
import { wrongSeq } from "./wrong-seq.ts";

/** Every fault, by the key that an entry below `faults:` takes. */
export const faults: readonly FaultDefinition<unknown>[] = [
  down,
  reset,
  latency,
  silent,
  partial,
  notFound,
  wrongSeq,
  staleSession,
  ahead,
  duplicate,
  corrupt,
  trickle,
  slowClose,
];
