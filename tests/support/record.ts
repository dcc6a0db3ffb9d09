import type { CallOf } from "../../modules/core/machine.ts";

/** A sink that does nothing, and the calls that it was given, in order. */
export interface Recorded<Sink> {
  readonly sink: Sink;
  readonly calls: CallOf<Sink>[];
  /** The calls since the last time. */
  take(): CallOf<Sink>[];
}

/** Lent bytes are copied at once: what a call said is kept, not what the buffer says later. */
function keep(arg: unknown): unknown {
  return arg instanceof Uint8Array ? arg.slice() : arg;
}

/** Records every call of a sink as a tuple: `["gap", 245, 249, 0]`. */
export function record<Sink extends object>(): Recorded<Sink> {
  const calls: CallOf<Sink>[] = [];
  const sink = new Proxy({} as Sink, {
    get:
      (_target, name) =>
      (...args: unknown[]): void =>
        void calls.push([name, ...args.map(keep)] as CallOf<Sink>),
  });
  return { sink, calls, take: () => calls.splice(0) };
}
