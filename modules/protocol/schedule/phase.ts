import { type Nanos, SECOND, type TimeWindow } from "../../core/time.ts";

/** How instants lie on the line of time: as the rate says, or as chance has it around that rate. */
export type Arrivals = "constant" | "poisson";

/**
 * The rate of a phase whose messages are all due as it begins, and leave as fast as they are taken. It
 * lasts no time: one nanosecond, so that what comes next is due later.
 */
export const RATE_MAX = Infinity;
const MAX_LENGTH: Nanos = 1;

/** A stretch of a feed with a rate of its own. */
export interface Phase {
  readonly name: string;
  /** Instants a second at its beginning and at its end; in between they change linearly, or RATE_MAX. */
  readonly rate: { readonly from: number; readonly to: number };
  /** Messages due at each instant. */
  readonly burst: number;
  readonly arrivals: Arrivals;
  /** Infinity: until somebody ends the feed. The rate is then steady. */
  readonly length: Nanos;
  /** It has exactly so many messages; Infinity: those that fall into its length. */
  readonly messages: number;
}

/** A phase without those of its properties that follow from its length in messages. */
export type Pace = Pick<Phase, "name" | "rate" | "burst" | "arrivals">;

/** Whether nothing but the way out says how fast a phase is. */
export function isMax({ rate }: Pick<Phase, "rate">): boolean {
  return rate.from === RATE_MAX;
}

/** A phase of `length`. */
export function phaseFor(pace: Pace, length: Nanos): Phase {
  return { ...pace, length, messages: Infinity };
}

/** A phase of so many messages: as long as they take at its mean rate. */
export function phaseOf(pace: Pace, messages: number): Phase {
  const { rate, burst } = pace;
  if (isMax(pace)) return { ...pace, length: MAX_LENGTH, messages };
  const seconds = (2 * Math.ceil(messages / burst)) / (rate.from + rate.to);
  return { ...pace, length: Math.round(seconds * SECOND), messages };
}

/** A whole feed as one phase, which ends where the feed does: after its time or its messages. */
export function phaseUntil(
  pace: Pace,
  { messages, duration }: { readonly messages: number; readonly duration: Nanos },
): Phase {
  // A time says how long a ramp is; the messages then only cut it short.
  const counted = (duration === Infinity || isMax(pace)) && messages !== Infinity;
  return counted ? phaseOf(pace, messages) : phaseFor(pace, duration);
}

/** The instants that a phase is to have: the integral of its rate over its length. */
export function instantsOf({ rate, length }: Phase): number {
  const sum = rate.from + rate.to;
  return sum === 0 ? 0 : (sum * length) / (2 * SECOND);
}

/** When the integral of the rate reaches `mass`, from the phase's beginning; not rounded. */
export function timeOf({ rate: { from, to }, length }: Phase, mass: number): Nanos {
  if (mass === 0 || from === RATE_MAX) return 0;
  // from t + slope t^2 / 2 = mass, solved in the form that loses no digits where slope is small.
  const slope = ((to - from) * SECOND) / length;
  return (2 * mass * SECOND) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * mass)));
}

/** How many messages a phase will have, or undefined where chance decides. */
export function messagesOf(phase: Phase): number | undefined {
  if (phase.messages !== Infinity) return phase.messages;
  const wanted = instantsOf(phase);
  if (wanted === 0 || wanted === Infinity) return wanted;
  if (phase.arrivals === "poisson") return undefined;
  let instants = Math.ceil(wanted);
  // What rounds to the phase's end belongs to the next phase.
  while (instants > 0 && Math.round(timeOf(phase, instants - 1)) >= phase.length) instants--;
  return instants * phase.burst;
}

/** The messages that a phase is to have, on average where chance decides. */
export function expectedOf(phase: Phase): number {
  return phase.messages === Infinity ? instantsOf(phase) * phase.burst : phase.messages;
}

/** When each phase begins and ends, half-open, from the feed's start. */
export function windowsOf(phases: readonly Phase[]): TimeWindow[] {
  let from = 0;
  return phases.map(({ length }) => {
    const window = { from, until: from + length };
    from = window.until;
    return window;
  });
}

/**
 * Messages a second over all phases, from the beginning of the first that has any to the end of the
 * last: what is measured is from the first message to the last.
 */
export function meanRate(phases: readonly Phase[]): number {
  const [first] = phases;
  if (phases.length === 1 && first !== undefined) {
    return ((first.rate.from + first.rate.to) / 2) * first.burst;
  }
  const loud = (phase: Phase): boolean => expectedOf(phase) > 0;
  const within = phases.slice(phases.findIndex(loud), phases.findLastIndex(loud) + 1);
  const messages = within.reduce((sum, phase) => sum + expectedOf(phase), 0);
  if (within.length > 0 && within.every(isMax)) return RATE_MAX;
  const length = within.reduce((sum, phase) => sum + phase.length, 0);
  return length === 0 ? 0 : (messages * SECOND) / length;
}
