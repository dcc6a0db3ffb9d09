/** What is measured, in this order: a group is a file here and a line in the list. */
import type { Group } from "../group.ts";
import { datagrams } from "./datagrams.ts";

/** Every group, by the name that the command line takes. */
export const groups: readonly Group[] = [datagrams];
