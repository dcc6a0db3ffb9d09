/** What is measured, in this order: a group is a file here and a line in the list. */
import type { Group } from "../group.ts";
import { crowd } from "./crowd.ts";
import { datagrams } from "./datagrams.ts";
import { dgram } from "./dgram.ts";
import { endToEnd } from "./end-to-end.ts";
import { growth } from "./growth.ts";
import { hostile } from "./hostile.ts";
import { idle } from "./idle.ts";
import { memory } from "./memory.ts";
import { pacing } from "./pacing.ts";
import { parts } from "./parts.ts";
import { recovery } from "./recovery.ts";
import { soak } from "./soak.ts";
import { startup } from "./startup.ts";

/** Every group, by the name that the command line takes. */
export const groups: readonly Group[] = [
  datagrams,
  endToEnd,
  dgram,
  pacing,
  parts,
  recovery,
  soak,
  crowd,
  startup,
  memory,
  growth,
  idle,
  hostile,
];
