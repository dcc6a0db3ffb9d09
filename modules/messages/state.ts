import type { MessageFormat, MessageState } from "./message.ts";

/** The latest message of each key, in the order in which the keys were first heard. */
export class LastOfEach implements MessageState {
  #key: (bytes: Uint8Array, start: number, end: number) => string | undefined;
  #kept = new Map<string, Uint8Array>();

  /** `key`: what a message is the last word on; undefined: nothing that lasts. */
  constructor(key: (bytes: Uint8Array, start: number, end: number) => string | undefined) {
    this.#key = key;
  }

  apply(bytes: Uint8Array, start: number, end: number): boolean {
    const key = this.#key(bytes, start, end);
    if (key === undefined) return false;
    this.#kept.set(key, bytes.slice(start, end));
    return true;
  }

  messages(): Uint8Array[] {
    return [...this.#kept.values()];
  }
}

/**
 * The state of a feed that carries messages of these formats: each message counts for the first format
 * that has a use for it. Undefined where one of the formats can tell of no state.
 */
export function stateOf(formats: readonly MessageFormat[]): MessageState | undefined {
  const states = formats.flatMap((format) => {
    const state = format.state?.();
    return state === undefined ? [] : [state];
  });
  if (states.length === 0 || states.length < formats.length) return undefined;
  if (states.length === 1) return states[0];
  return {
    apply: (bytes, start, end) => states.some((state) => state.apply(bytes, start, end)),
    messages: () => states.flatMap((state) => state.messages()),
  };
}
