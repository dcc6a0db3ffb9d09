import type { Machine } from "../core/machine.ts";
import { type Cancel, type Clock, NEVER } from "../core/time.ts";

/**
 * Keeps one alarm set, at a machine's deadline or before it: a deadline that only moves away, as one does
 * with every packet that comes, moves no alarm.
 */
export class Drive {
  #machine: Machine;
  #clock: Clock;
  #after: () => void;
  #armed = NEVER;
  #cancel: Cancel | undefined;
  #stopped = false;

  /** `after` runs when the machine was woken, to carry out what it queued. */
  constructor(machine: Machine, clock: Clock, after: () => void = () => {}) {
    this.#machine = machine;
    this.#clock = clock;
    this.#after = after;
  }

  /** To be called whenever the machine was called: its deadline may have moved. */
  arm(): void {
    if (this.#stopped) return;
    const deadline = this.#machine.deadline();
    if (deadline === this.#armed || (deadline > this.#armed && deadline !== NEVER)) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armed = deadline;
    if (deadline === NEVER) return;
    this.#cancel = this.#clock.at(deadline, () => {
      this.#armed = NEVER;
      this.#cancel = undefined;
      const now = this.#clock.now();
      if (this.#machine.deadline() <= now) {
        this.#machine.onDeadline(now);
        this.#after();
      }
      this.arm();
    });
  }

  /** Wakes the machine no more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
