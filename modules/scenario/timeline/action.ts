/** What the entries of a timeline can do. */
import type * as z from "zod";
import type { Nanos, TimeWindow } from "../../core/time.ts";
import type { NamedRule } from "../rules.ts";

/** What of a scenario an action may name. */
export interface KnownNames {
  readonly lines: readonly string[];
  readonly rules: readonly string[];
  /** How many recovery servers there are. */
  readonly servers: number;
  /** Whether a feed of the protocol can begin its numbers again, and how long a session's name is. */
  readonly sessions: { readonly can: boolean; readonly bytes: number };
}

/**
 * What an action comes to, for so long. Whatever touches what is published is turned into windows of
 * the schedule before the run; only what is about a server or a listener waits for the clock.
 */
export type Effect = { readonly for: Nanos } & (
  | {
      /** One more rule, below all others. */
      readonly kind: "rule";
      choice(time: TimeWindow): NamedRule["choice"];
    }
  /** The rule is for no packet that is due meanwhile. */
  | { readonly kind: "rule-off"; readonly rule: string }
  /** The schedule stands still. */
  | { readonly kind: "pause" }
  /** The numbers begin again; without a name, that of the session before counts on. */
  | { readonly kind: "new-session"; readonly session: string | undefined }
  /** The listener reads nothing. */
  | { readonly kind: "listen-pause" }
  /** A recovery server is gone, which may have lost what it had when it comes back. */
  | { readonly kind: "recovery-down"; readonly server: number; readonly store: "kept" | "empty" }
);

/** Something that a timeline can have done: one file each, listed in `mod.ts`. */
export interface TimelineAction<Options> {
  /** As `do` has it. */
  readonly name: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** As it is written in a scenario. */
  readonly example: string;
  /** The keys beside `at` and `do`. */
  readonly options: z.ZodObject & z.ZodType<Options>;
  /** What reports call it. */
  label(options: Options): string;
  effect(options: Options): Effect;
  /** What is wrong with the value of `key`, or with the whole where there is no key. */
  wrong?(options: Options, known: KnownNames): { key?: string; message: string } | undefined;
}
