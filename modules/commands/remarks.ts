/** What `listen` remarks, once each, about a feed that is not what it seems. */
import type { FeedEvent } from "../core/events.ts";
import { formatRange, type Seq, type SeqRange } from "../core/seq.ts";
import { formatEndpoint } from "../core/units.ts";
import { Witness } from "../nodes/witness.ts";
import type { ScenarioLine } from "../scenario/feed-scenario.ts";
import type { LineAddress, World } from "../worlds/world.ts";
import { ProtocolGuess } from "./guess-protocol.ts";
import type { Shell } from "./shell.ts";
import { remark, type Voice } from "./tell.ts";

/** Faults of packets that could be read, and belong to no session that is known. */
const READABLE: readonly string[] = ["far-ahead", "old-session", "unknown-session"];

/** Messages missing at the beginning from which on somebody joined late: fewer may just be lost. */
const JOIN_MIN = 10;

/** Watches one listener and what it is told. */
export class Remarks {
  /** The world to listen in. */
  readonly world: World;
  #shell: Shell;
  #voice: Voice;
  #guess = new ProtocolGuess();
  #witness: Witness;
  #first: Seq | undefined;

  /** `first`: what to begin with, where nobody said so. */
  constructor(
    shell: Shell,
    voice: Voice,
    first: Seq | undefined,
    world: World,
    lines: readonly Pick<ScenarioLine, "name" | "group">[],
  ) {
    this.#shell = shell;
    this.#voice = voice;
    this.#first = first;
    this.#witness = new Witness(world, (address, senders) => {
      const line = nameOf(lines, address);
      const from = senders.map(formatEndpoint);
      this.#say(
        "two-senders",
        `Line ${line}: packets come from ${from.join(" and ")} by turns. Two publishers on one ` +
          `group look like duplicates and losses: give each a group of its own`,
        { line, senders: from },
      );
    });
    this.world = this.#witness.world;
  }

  /** What the listener tells, before anybody else is told. */
  observe(event: FeedEvent): void {
    if (event.event === "malformed") this.#onMalformed(event.line, event.fault);
    else if (event.event === "gap" && event.from === this.#first) {
      this.#first = undefined;
      if (event.until - event.from >= JOIN_MIN) this.#onLate(event);
    }
  }

  #onLate({ from, until, recovery }: SeqRange & { readonly recovery: boolean }): void {
    const early = `SEQ:${formatRange({ from, until })}`;
    this.#say(
      "joined-late",
      `The first packet has SEQ:${until}: ${early} before it ` +
        `${recovery ? "are asked for" : "are given up"}. To begin with what comes: --start now`,
      { from, until },
    );
  }

  #onMalformed(line: string, fault: string): void {
    const { bytes } = this.#witness;
    if (bytes === undefined || READABLE.includes(fault)) return;
    const found = this.#guess.onMalformed(bytes);
    if (found.length === 0) return;
    const words = found.map((word) => `--protocol ${word}`);
    this.#say(
      "other-protocol",
      `Line ${line}: these packets look like another protocol: try ${words.join(" or ")}`,
      { line, protocols: found },
    );
  }

  #say(event: string, line: string, facts: Readonly<Record<string, unknown>>): void {
    remark(this.#shell, this.#voice, event, line, facts);
  }
}

function nameOf(
  lines: readonly Pick<ScenarioLine, "name" | "group">[],
  { group }: LineAddress,
): string {
  const at = formatEndpoint(group);
  return lines.find((line) => formatEndpoint(line.group) === at)?.name ?? at;
}
