/** What messages say, for people, and how to make up such messages. */
import type { Definition } from "../core/registry.ts";
import type { WallTime } from "../core/time.ts";

/** A trade as the tape reports it. */
export interface Trade {
  readonly symbol: string;
  /** In millionths of a dollar. */
  readonly price: number;
  /** In millionths of a share. */
  readonly size: number;
  /** The exchange's letter. */
  readonly participant: string;
  readonly time: WallTime;
  /** Its number among all messages, from 1. */
  readonly number: number;
}

/** A bid and an offer as the tape reports them. */
export interface Quote {
  readonly symbol: string;
  /** In millionths of a dollar. */
  readonly bid: number;
  readonly offer: number;
  /** In round lots. */
  readonly bidSize: number;
  readonly offerSize: number;
  readonly participant: string;
  readonly time: WallTime;
  readonly number: number;
}

/**
 * What the messages so far come to: all that somebody who joins late must be told instead of them. A
 * pure function of the messages it was given, in their order.
 */
export interface MessageState {
  /** The next message; the bytes are lent. False: it is none of this format, or changes nothing. */
  apply(bytes: Uint8Array, start: number, end: number): boolean;
  /** Messages that bring a newcomer to where this is. None of them is changed afterwards. */
  messages(): Uint8Array[];
}

/** One format of messages. */
export interface MessageFormat {
  /** One line for people, no escapes; undefined: these bytes are no message of this format. */
  describe(bytes: Uint8Array, start: number, end: number): string | undefined;
  /**
   * Writes a trade and returns its length in bytes: 0 where it cannot be said exactly, such as a
   * symbol too long or half a share. Absent where the format reports none.
   */
  trade?(into: Uint8Array, trade: Trade): number;
  /** As `trade`. */
  quote?(into: Uint8Array, quote: Quote): number;
  /** Nothing was said yet. Absent where nobody here knows what the messages come to. */
  state?(): MessageState;
}

/** A message format as `--decode` names it. */
export type MessageDefinition = Definition<Record<string, never>, MessageFormat>;
