/** What the thread of a publisher and the one that started it say to each other. */
import type { FeedEvent } from "../../core/events.ts";
import type { FaultRun } from "../../core/run.ts";
import type { Seq } from "../../core/seq.ts";
import type { SharedMemory } from "../../stores/shared-memory.ts";
import type { PlainPace } from "../../nodes/pace-meter.ts";
import type { RuleCount } from "../../protocol/tap.ts";
import type { Nanos } from "../../core/time.ts";
import type { OpenFile } from "../files.ts";
import type { PortableFeed } from "./portable.ts";

/** What a part has to do with the world outside its thread. */
export interface Hands<Message = unknown> {
  post(message: Message): void;
  /** Opens the files of a folder; without one there are none. */
  openIn(folder: string | undefined): OpenFile;
}

/** What a publisher's thread is to publish. */
export interface PublisherTask {
  readonly role: "publisher";
  readonly feed: PortableFeed;
  /** What chance begins with for the feed. */
  readonly seed: string;
  /** Where it is kept. */
  readonly memory: SharedMemory;
  /** What it has in common with a listener of this program, where there is one. */
  readonly flow?: SharedArrayBuffer | undefined;
  readonly observePackets: boolean;
  /** Whether anybody wants to know which numbers left. */
  readonly tellLeft: boolean;
}

/** What the thread of a feed's recovery servers is to answer from. */
export interface RecoveryTask extends Pick<PublisherTask, "feed" | "seed" | "memory"> {
  readonly role: "recovery";
}

/** To the thread of the recovery servers. */
export type ToRecovery =
  | { readonly say: "open"; readonly task: RecoveryTask }
  | { readonly say: "start"; readonly at: Nanos }
  /** Somebody could not reach a server, or asked by datagram: as in `RecoveryServers`. */
  | { readonly say: "unreachable"; readonly reason: string; readonly atNs: Nanos }
  | { readonly say: "ended" }
  | { readonly say: "requested"; readonly atNs: Nanos }
  /** What happened so far is wanted at once. */
  | { readonly say: "halt" }
  | { readonly say: "close" };

/** From the thread of the recovery servers. */
export type FromRecovery =
  | { readonly say: "opened" }
  | { readonly say: "failed"; readonly failure: Failure }
  | {
      readonly say: "batch";
      readonly events: readonly FeedEvent[];
      /** Entries of the timeline that came to bear. */
      readonly met: readonly number[];
      readonly faults: readonly FaultRun[];
    }
  | { readonly say: "halted" }
  | { readonly say: "closed" };

/** To the publisher's thread. */
export type ToPublisher =
  | { readonly say: "open"; readonly task: PublisherTask }
  | { readonly say: "start"; readonly at: Nanos | undefined }
  /** How the schedule was kept is wanted. */
  | { readonly say: "pace" }
  | { readonly say: "halt" };

/** Numbers that a rule touched on a line, in one stretch. */
export interface Touched {
  readonly line: string;
  readonly rule: string;
  readonly damaged: boolean;
  readonly from: Seq;
  until: Seq;
}

/** Numbers that left on a line, whole, in one stretch. */
export interface Left {
  readonly line: string;
  readonly from: Seq;
  until: Seq;
}

/** What a publisher did so far. */
export interface PublisherCounts {
  /** Of each line. */
  readonly lines: readonly {
    readonly packets: number;
    readonly messages: number;
    readonly last: Seq | undefined;
  }[];
  readonly counts: readonly (readonly RuleCount[])[];
}

/** What a publisher did since the last batch, and so far. */
export interface PublisherBatch extends PublisherCounts {
  readonly events: readonly FeedEvent[];
  readonly touched: readonly Touched[];
  readonly left: readonly Left[];
  /** Entries of the timeline that came to bear. */
  readonly met: readonly number[];
}

/** How a schedule was kept: the whole, and each of its phases that began. */
export interface PublisherPace {
  readonly whole: PlainPace;
  readonly phases: readonly PlainPace[];
}

/** What went wrong, as it can be posted: `user` is the kind of a UserError. */
export interface Failure {
  readonly message: string;
  readonly user: "usage" | "environment" | undefined;
}

/** From the publisher's thread. */
export type FromPublisher =
  | { readonly say: "opened"; readonly sendBuffers: readonly (number | undefined)[] }
  | { readonly say: "failed"; readonly failure: Failure }
  | { readonly say: "batch"; readonly batch: PublisherBatch }
  | { readonly say: "pace"; readonly pace: PublisherPace }
  /** All has left, and all of it was told. */
  | { readonly say: "done" }
  /** It stands still, and all that it did was told. */
  | { readonly say: "halted" };
