import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import type { PaceMeter } from "../nodes/pace-meter.ts";
import type { LineSent, Publisher } from "../nodes/publisher.ts";
import type { RuleCount } from "../protocol/tap.ts";

/** A publisher, in this thread or in another: what others may know of it and do with it. */
export interface Publishing
  extends Pick<Publisher, "done" | "first" | "rateAchieved" | "lateness">, AsyncDisposable {
  readonly lines: readonly LineSent[];
  readonly next: Seq;
  readonly counts: readonly (readonly RuleCount[])[];
  phase(index: number): PaceMeter;
  start(start?: Nanos): void;
  close(): Promise<void>;
  /** Rejects when it breaks. Absent where that would be this thread's own end. */
  readonly failed?: Promise<never>;
  /** Stops it, and resolves when all that it did is known here. Absent where it always is. */
  halt?(): Promise<void>;
}
