/** The entries below `faults:` of a recovery server, as they are read, named and made. */
import * as z from "zod";
import type { RecoveryCodec } from "../codecs/recovery/recovery.ts";
import { chance, type Choice, count, oneOf, seqs, timeWindow } from "../core/options.ts";
import type { RangeSet } from "../core/ranges.ts";
import { createRng } from "../core/rng.ts";
import { formatRanges } from "../core/seq.ts";
import { NEVER, type TimeWindow } from "../core/time.ts";
import { formatShare, formatWindow } from "../core/units.ts";
import type { FaultDefinition, Stage } from "../faults/fault.ts";
import { faults } from "../faults/mod.ts";
import { Faults } from "../protocol/recovery-server/faults.ts";
import { type FeedSpan, outsideOf } from "./checks.ts";
import type { Path } from "./document/path.ts";
import type { Problem } from "./document/problem.ts";
import { numbered } from "./rules.ts";

/** Which of some things, counted from 1. */
const ordinals = (): z.ZodType<RangeSet> =>
  seqs().refine((set) => !set.has(0), { error: "0 is none: they are counted from 1" });

const selectorKeys = {
  connection: ordinals().optional(),
  request: ordinals().optional(),
  attempt: ordinals().optional(),
  seq: seqs().optional(),
  client: z
    .union([
      z.int().min(1),
      z.string().regex(/^\d+\.\d+\.\d+\.\d+(?::\d+)?$/, {
        error: "expected an IPv4 address, with or without a port, or which client it is, from 1",
      }),
    ])
    .optional(),
  time: timeWindow().optional(),
  chance: chance().optional(),
  max: count(1).optional(),
};

type FaultKeys = z.output<z.ZodObject<typeof selectorKeys>>;

/** A fault as it was read. */
export type ReadFault = Choice<
  FaultDefinition<unknown>,
  FaultKeys & { readonly name?: string | undefined }
>;

/** A fault with the name that verdicts and reports use. */
export interface NamedFault {
  readonly name: string;
  readonly choice: ReadFault;
}

const WANTED = "never says what it wanted";
const UNSEEN = "is never seen, only that the port is closed";

/** What nobody knows yet when a fault is decided on, and why. */
const UNKNOWN: Readonly<Record<Stage, Partial<Record<keyof FaultKeys, string>>>> = {
  window: {
    seq: `a refused connection ${WANTED}`,
    attempt: `a refused connection ${WANTED}`,
    request: `a refused connection ${WANTED}`,
    connection: `a refused connection ${UNSEEN}`,
    client: `a refused connection ${UNSEEN}`,
    chance: "the port is closed for everybody: write a time",
    max: "the port is closed for everybody: write a time",
  },
  accept: {
    seq: `a connection that is reset at once ${WANTED}`,
    attempt: `a connection that is reset at once ${WANTED}`,
    request: `a connection that is reset at once ${WANTED}`,
  },
  request: {},
};

/** An entry below `faults:`. */
export const fault: z.ZodType<ReadFault> = oneOf(faults, "a fault", {
  name: z.string().min(1).optional(),
  ...selectorKeys,
}).superRefine(({ definition, options, rest }, context) => {
  const stage = definition.stage(options);
  const what = stage === "accept" ? definition.label(options) : definition.name;
  for (const [key, why] of Object.entries(UNKNOWN[stage])) {
    if (rest[key as keyof FaultKeys] === undefined) continue;
    context.addIssue({ code: "custom", message: `"${what}" cannot take "${key}": ${why}` });
  }
});

/** Gives each fault a name: its own, or what it says and of whom. */
export function nameFaults(read: readonly ReadFault[]): NamedFault[] {
  const names = numbered(
    read.map(
      ({ definition, options, rest }) => rest.name ?? labelOf(definition.label(options), rest),
    ),
  );
  return read.map((choice, i) => ({ name: names[i]!, choice }));
}

function labelOf(label: string, rest: FaultKeys): string {
  const { connection, request, attempt, seq, client, time, chance, max } = rest;
  const numbers = (what: string, set: RangeSet | undefined): string[] =>
    set === undefined ? [] : [`${what} ${formatRanges(set)}`];
  const words = [
    ...(time === undefined ? [] : [formatWindow(time)]),
    ...numbers("connection", connection),
    ...numbers("request", request),
    ...numbers("seq", seq),
    ...numbers("attempt", attempt),
    ...(client === undefined ? [] : [`client ${client}`]),
    ...(chance === undefined ? [] : [formatShare(chance)]),
    ...(max === undefined ? [] : [`max ${max}`]),
  ];
  return words.length === 0 ? label : `${label} (${words.join(", ")})`;
}

/** The faults of one server, new each time, each with a stream of chance that no other moves. */
export function createFaults(named: readonly NamedFault[], seed: string): Faults {
  const rng = createRng(seed).fork("faults");
  return new Faults(
    named.map(({ name, choice: { definition, options, rest } }) => {
      const own = rng.fork(name);
      return {
        name,
        stage: definition.stage(options),
        selectors: rest,
        spoiling: definition.create(options, { rng: own.fork("what") }),
        rng: own.fork("whether"),
      };
    }),
  );
}

/** When the server is away; all the time where no window is given. */
export function outageOf({
  choice: { definition, options, rest },
}: NamedFault): TimeWindow | undefined {
  if (definition.stage(options) !== "window") return undefined;
  return rest.time ?? { from: 0, until: NEVER };
}

/** What is wrong with a fault, as only the rest of the scenario shows. */
export interface FaultProblem {
  readonly severity: Problem["severity"];
  /** From the position of the fault on; empty: it is about the fault as a whole. */
  readonly path: Path;
  readonly message: string;
}

/** Every fault that a protocol cannot have, or that can never be met. `protocol` is for people. */
export function checkFaults(
  named: readonly NamedFault[],
  codec: RecoveryCodec,
  protocol: string,
  feed: Pick<FeedSpan, "first" | "messages" | "sessions">,
): FaultProblem[] {
  return named.flatMap(({ name, choice: { definition, options, rest } }, i): FaultProblem[] => {
    const unfit = definition.unfit?.(options, codec, protocol);
    if (unfit !== undefined) {
      const message = `no ${definition.label(options)}: ${unfit}`;
      return [{ severity: "error", path: [i, definition.name], message }];
    }
    const { sessions = 1 } = feed;
    if (rest.seq !== undefined && sessions > 1) {
      const message = `${sessions} sessions have these numbers: select by request or time`;
      return [{ severity: "error", path: [i, "seq"], message }];
    }
    const idle = definition.idle?.(options, codec, protocol);
    if (idle !== undefined) {
      return [
        { severity: "warning", path: [i], message: `fault "${name}" changes nothing: ${idle}` },
      ];
    }
    const outside = outsideOf([rest.seq], feed.first, feed.messages);
    if (outside === undefined) return [];
    return [
      { severity: "warning", path: [i], message: `fault "${name}" is never met: ${outside}` },
    ];
  });
}

/** What the verdict says that a fault which nobody met has broken. */
export function unmetFaultText(name: string): string {
  return `recovery.faults: ${name} is met`;
}
