import * as fc from "fast-check";
import { parse } from "yaml";
import type { PacketKind } from "../../modules/codecs/codec.ts";
import type { Nanos } from "../../modules/core/time.ts";
import { createRng } from "../../modules/core/rng.ts";
import type {
  Impairment,
  ImpairmentDefinition,
  PacketRef,
} from "../../modules/impairments/impairment.ts";
import { impairments } from "../../modules/impairments/mod.ts";

/** An impairment as a scenario writes it, with its options read. */
export interface Impaired {
  readonly definition: ImpairmentDefinition<unknown>;
  readonly options: unknown;
  readonly create: (seed?: string) => Impairment;
}

/** Reads what stands in a rule: `drop: { every: 5 }`. */
export function impaired(yaml: string): Impaired {
  const given = parse(yaml) as Record<string, unknown>;
  const definition = impairments.find(({ name }) => name in given);
  if (definition === undefined) throw new Error(`no impairment in ${yaml}`);
  const options = definition.options.parse(given[definition.name]);
  return {
    definition,
    options,
    create: (seed = "seed") => definition.create(options, { rng: createRng(seed) }),
  };
}

/** A packet of bytes that tell which it is, of a feed that begins with number 1. */
export function packetOf(
  seq: number,
  count = 1,
  kind: PacketKind = "data",
  dueNs: Nanos = 0,
): PacketRef {
  const bytes = new TextEncoder().encode(`${kind}:${seq}`);
  return { bytes, kind, seq, count, msg: seq, ordinal: seq, dueNs };
}

/** A departure: what leaves and when. */
export interface Departure {
  readonly packet: PacketRef;
  readonly at: Nanos;
}

/**
 * What leaves while each arrival is taken in, and, at the end of the list, when nothing more will
 * come. Lent bytes are wiped after each call: who keeps them is found out.
 */
export function depart(impairment: Impairment, arrivals: readonly Departure[]): Departure[][] {
  const whole: Departure[][] = [];
  const emit = (packet: PacketRef, at: Nanos): void => {
    whole.at(-1)?.push({ packet: { ...packet, bytes: packet.bytes.slice() }, at });
  };
  for (const { packet, at } of arrivals) {
    whole.push([]);
    const lent = { ...packet, bytes: packet.bytes.slice() };
    impairment.apply(lent, at, emit);
    lent.bytes.fill(0xdd);
  }
  whole.push([]);
  impairment.flush?.(arrivals.at(-1)?.at ?? 0, emit);
  return whole;
}

/** Feeds as a publisher sends them: numbers that follow each other, heartbeats between. */
export const feeds: fc.Arbitrary<Departure[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<PacketKind>("data", "data", "data", "heartbeat"),
      count: fc.integer({ min: 1, max: 4 }),
      wait: fc.nat(1e9),
    }),
    { maxLength: 40, size: "max" },
  )
  .map((steps) => {
    let seq = 1;
    let at = 0;
    return steps.map(({ kind, count, wait }) => {
      at += wait;
      const packet = packetOf(seq, kind === "data" ? count : 0, kind, at);
      seq += packet.count;
      return { packet, at };
    });
  });
