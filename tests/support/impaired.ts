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

/** A packet with one message, of bytes that tell which it is. */
export function packetOf(seq: number, count = 1, kind: PacketKind = "data"): PacketRef {
  return { bytes: new TextEncoder().encode(`${kind}:${seq}`), kind, seq, count };
}

/** A departure: what leaves and when. */
export interface Departure {
  readonly packet: PacketRef;
  readonly at: Nanos;
}

/** What becomes of each arrival, in order; the bytes as they are when they leave. */
export function depart(impairment: Impairment, arrivals: readonly Departure[]): Departure[][] {
  return arrivals.map(({ packet, at }) => {
    const departures: Departure[] = [];
    impairment.apply(packet, at, (packet, at) => {
      departures.push({ packet: { ...packet, bytes: packet.bytes.slice() }, at });
    });
    return departures;
  });
}

/** Feeds as a publisher sends them: numbers that follow each other, heartbeats between. */
export const feeds: fc.Arbitrary<Departure[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<PacketKind>("data", "data", "data", "heartbeat"),
      count: fc.integer({ min: 1, max: 4 }),
      wait: fc.nat(1e9),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let seq = 1;
    let at = 0;
    return steps.map(({ kind, count, wait }) => {
      at += wait;
      const packet = packetOf(seq, kind === "data" ? count : 0, kind);
      seq += packet.count;
      return { packet, at };
    });
  });
