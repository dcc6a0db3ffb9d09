import { type Depth, depth } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration, plural } from "../core/units.ts";
import {
  createModel,
  labelModel,
  type ModelChoice,
  modelChoice,
  reachOfModel,
} from "./drop/choice.ts";
import { chance } from "./drop/chance.ts";
import { every } from "./drop/every.ts";
import { DATA_ONLY, type Emit, type ImpairmentDefinition, type PacketRef } from "./impairment.ts";

/** Packets that wait to be overtaken, at most; more are let through. */
export const REORDER_HELD_MAX = 100_000;

/** Which packets are overtaken, and by how much. */
type Reorder = ModelChoice<{ readonly by: Depth }>;

/** Lets later packets overtake: so many of them, or all that come within a time. */
export const reorder: ImpairmentDefinition<Reorder> = {
  name: "reorder",
  summary: "lets later packets overtake: `by: 3 packets`, or all that come within `by: 5ms`",
  example: "reorder: { every: 10, by: 3 packets }",
  options: modelChoice([every, chance], "reorder", { by: depth() }).superRefine(
    ({ options, definition, rest }, context) => {
      // Nobody would be left to overtake, and all would wait for ever.
      const all = definition.name === "every" ? (options as { n: number }).n === 1 : options === 1;
      if (rest.by.packets === undefined || !all) return;
      context.addIssue("holds every packet back, so that none can overtake: hold back fewer");
    },
  ),
  kinds: DATA_ONLY,
  label: (model) => {
    const { packets, time } = model.rest.by;
    const by = time === undefined ? plural(packets, "packet") : formatDuration(time);
    return `reorder ${labelModel(model)} by ${by}`;
  },
  create(model, { rng }) {
    const chosen = createModel(model, rng);
    const { packets, time } = model.rest.by;
    if (time === undefined) return new Overtaken(chosen, packets);
    return { apply: (packet, at, emit) => emit(packet, chosen(packet) ? at + time : at) };
  },
  reach: reachOfModel,
};

/**
 * Holds the chosen packets until `depth` later ones have left. Those that nobody chose leave at once,
 * and count; a held one that leaves counts for those that came before it only, and they are gone.
 */
class Overtaken {
  #chosen: (packet: PacketRef) => boolean;
  #depth: number;
  /** In the order they came; how many have left is `left` now, less what it was then. */
  #waiting: { readonly packet: PacketRef; readonly leavesAfter: number }[] = [];
  /** Packets that have left without being held. */
  #left = 0;

  constructor(chosen: (packet: PacketRef) => boolean, depth: number) {
    this.#chosen = chosen;
    this.#depth = depth;
  }

  get held(): number {
    return this.#waiting.length;
  }

  apply(packet: PacketRef, at: Nanos, emit: Emit): void {
    if (!this.#chosen(packet) || this.held >= REORDER_HELD_MAX) {
      this.onBypass(packet, at, emit);
      return;
    }
    const copy = { ...packet, bytes: packet.bytes.slice() };
    this.#waiting.push({ packet: copy, leavesAfter: this.#left + this.#depth });
  }

  onBypass(packet: PacketRef, at: Nanos, emit: Emit): void {
    emit(packet, at);
    this.#left++;
    let gone = 0;
    while ((this.#waiting[gone]?.leavesAfter ?? Infinity) <= this.#left) {
      emit(this.#waiting[gone++]!.packet, at);
    }
    if (gone > 0) this.#waiting.splice(0, gone);
  }

  flush(at: Nanos, emit: Emit): void {
    for (const { packet } of this.#waiting) emit(packet, at);
    this.#waiting = [];
  }
}
