/** A small language for the tests of the document reader, in the shapes that scenarios have. */
import * as z from "zod";
import { chance, count, duration, group, rate, seqs } from "../../../modules/core/options.ts";

const drop = z.strictObject({
  every: z.union([count(1), z.strictObject({ n: count(1), from: count().optional() })]).optional(),
  seq: seqs().optional(),
  msg: seqs().optional(),
  chance: chance().optional(),
  gilbert_elliott: z.strictObject({ loss: chance(), burst: count(1) }).optional(),
  markov4: z.strictObject({ p13: chance() }).optional(),
  trace: z.string().optional(),
});

const fault = z
  .strictObject({
    seq: seqs().optional(),
    down: z.literal(true).optional(),
    latency: duration().optional(),
  })
  .refine(({ seq, down }) => seq === undefined || down === undefined, {
    error: '"down" cannot take "seq": a refused connection never says what it wanted',
  });

export const schema = z.strictObject({
  feedlab: z.literal(1),
  name: z.string().optional(),
  seed: z.int().min(0).optional(),
  ratio: z.number().optional(),
  time: z.enum(["real", "virtual"]).default("real"),
  tags: z.array(z.string()).min(1).optional(),
  vars: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  feed: z.strictObject({
    messages: count(1),
    rate: rate().optional(),
    interval: duration().optional(),
    arrivals: z.enum(["uniform", "poisson"]).optional(),
  }),
  lines: z
    .record(
      z.string().regex(/^[A-Z]$/, "a line is named by one capital letter"),
      z.strictObject({ group: group() }),
    )
    .optional(),
  impair: z
    .array(z.strictObject({ drop: drop.optional(), line: z.string().optional() }))
    .optional(),
  recovery: z.strictObject({ listen: z.string(), faults: z.array(fault).optional() }).optional(),
  listen: z
    .strictObject({ start: z.union([z.enum(["now", "first"]), count()]).optional() })
    .optional(),
  model: z
    .union([
      z.strictObject({ every: count(1) }),
      z.strictObject({ chance: chance() }),
      z.strictObject({ burst: count(1), loss: chance() }),
    ])
    .optional(),
  timeline: z
    .array(
      z.discriminatedUnion("do", [
        z.strictObject({ do: z.literal("line.down"), line: z.string() }),
        z.strictObject({ do: z.literal("feed.pause"), for: duration() }),
      ]),
    )
    .optional(),
});
