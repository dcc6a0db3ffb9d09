import type { Nanos } from "./time.ts";

/** Something that happened to one message. */
export interface Moment {
  /** Since the feed began; undefined when it is not known. */
  readonly atNs: Nanos | undefined;
  readonly text: string;
  readonly mood: "plain" | "good" | "warn" | "bad" | "ask";
}
