/**
 * What can be told about a run, as plain data: the journal keeps the rare ones, `--output json`
 * prints them one a line, and the terminal's lines are made from them. Times are nanoseconds since
 * the run began, ranges half-open.
 */
import type { Seq } from "./seq.ts";
import type { Nanos } from "./time.ts";

interface At {
  readonly atNs: Nanos;
}

interface Numbers {
  readonly from: Seq;
  readonly until: Seq;
}

/** The system keeps less for a socket than was asked for; the reason says what to do. */
interface BufferShort {
  readonly event: "buffer-short";
  readonly line: string;
  readonly side: "send" | "receive";
  readonly reason: string;
}

/** On the publisher's side of a line. */
export type PublisherEvent = At &
  (
    | ({ readonly event: "sent"; readonly line: string; readonly text: string } & Numbers)
    | ({ readonly event: "dropped"; readonly line: string; readonly rule: string } & Numbers)
    | { readonly event: "send-failed"; readonly line: string; readonly reason: string }
    | BufferShort
    | {
        /** The feed goes on after what its store has: [first, next). */
        readonly event: "store-continued";
        readonly session: string;
        readonly first: Seq;
        readonly next: Seq;
        /** As in `FoundFeed`: what may be lost, since nobody closed the store. */
        readonly torn?:
          | { readonly messages: number; readonly within: Nanos; readonly cutBytes: number }
          | undefined;
      }
    | { readonly event: "feed-ended"; readonly next: Seq }
  );

/** At a listener. */
export type ListenerEvent = At &
  (
    | BufferShort
    | ({ readonly event: "received"; readonly line: string; readonly text: string } & Numbers)
    | {
        readonly event: "malformed";
        readonly line: string;
        readonly fault: string;
        readonly text: string;
      }
    | ({ readonly event: "duplicate"; readonly line: string } & Numbers)
    | { readonly event: "listener-paused"; readonly pause: string }
    | { readonly event: "listener-resumed"; readonly pause: string }
    | ({
        readonly event: "overflowed";
        readonly line: string;
        /** The pause in which nobody read. */
        readonly pause: string;
      } & Numbers)
    | ({ readonly event: "began-again"; readonly line: string; readonly next: Seq } & Numbers)
    | {
        readonly event: "session-began";
        readonly session: string;
        /** Its first number on the wire, and as the listener counts. */
        readonly first: Seq;
        readonly from: Seq;
      }
    | { readonly event: "line-silent"; readonly line: string; readonly sinceNs: Nanos }
    | { readonly event: "line-back"; readonly line: string; readonly sinceNs: Nanos }
    | ({ readonly event: "delivered"; readonly via: "line" | "recovery" } & Numbers)
    | ({ readonly event: "gap"; readonly recovery: boolean } & Numbers)
    | ({ readonly event: "filled"; readonly via: "line" | "recovery" } & Numbers)
    | ({ readonly event: "lost"; readonly reason: string } & Numbers)
    | ({ readonly event: "asking"; readonly attempt: number } & Numbers)
    | ({ readonly event: "requested"; readonly attempt: number; readonly text: string } & Numbers)
    | ({ readonly event: "recovered"; readonly text: string } & Numbers)
    | ({ readonly event: "recovery-failed"; readonly reason: string } & Numbers)
    | { readonly event: "recovery-unreachable"; readonly reason: string }
    | { readonly event: "snapshot-asked"; readonly session: string; readonly attempt: number }
    | { readonly event: "snapshot-failed"; readonly attempt: number; readonly reason: string }
    | {
        readonly event: "snapshot-loaded";
        readonly session: string;
        readonly attempt: number;
        readonly messages: number;
        /** Delivery goes on from here, as the listener counts. */
        readonly next: Seq;
        /** From the first attempt to the last byte. */
        readonly tookNs: Nanos;
      }
    | {
        readonly event: "snapshot-given-up";
        readonly reason: string;
        /** Delivery goes on from here without a snapshot, as the listener counts. */
        readonly next: Seq;
        /** Whether what came before that, back to the session's first, is asked for. */
        readonly recovery: boolean;
      }
  );

/** At a recovery server. */
export type ServerEvent = At &
  (
    | { readonly event: "request"; readonly peer: string; readonly text: string }
    | { readonly event: "refused"; readonly peer: string; readonly reason: string }
    | { readonly event: "fault"; readonly peer: string; readonly fault: string }
    | { readonly event: "recovery-down" }
    | { readonly event: "recovery-up" }
  );

/** At a snapshot server. */
export type SnapshotServerEvent = At &
  (
    | { readonly event: "snapshot-request"; readonly peer: string; readonly text: string }
    | {
        readonly event: "snapshot-sent";
        readonly peer: string;
        readonly messages: number;
        /** The number that follows it, as the wire counts. */
        readonly next: Seq;
      }
    | { readonly event: "snapshot-refused"; readonly peer: string; readonly reason: string }
  );

export type FeedEvent = PublisherEvent | ListenerEvent | ServerEvent | SnapshotServerEvent;

/** Somebody who is told everything. A node without one builds no events. */
export type Observe<E extends FeedEvent = FeedEvent> = (event: E) => void;
