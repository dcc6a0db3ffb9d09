import * as z from "zod";
import { plural, quote } from "../../core/units.ts";
import type { LossModelDefinition } from "./model.ts";

/** Packets after which a trace begins anew, at most. */
const TRACE_MAX = 1_000_000;

/** The fate of each packet in turn; true: it is lost. */
type Fates = readonly boolean[];

/**
 * Loses as a recording says: 0 passes, 1 is lost, and after the last one it begins again. Blanks,
 * commas and line ends only make it readable.
 */
export const trace: LossModelDefinition<Fates> = {
  name: "trace",
  summary: "as recorded here or in a file: 0 passes, 1 is lost; again from the front at its end",
  example: 'drop: { trace: "0001100" }',
  options: z
    .union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))], {
      error: 'expected the fate of each packet, such as "0001100"',
    })
    .meta({ description: "the fate of each packet, 1 for lost", examples: ['"0001100"'] })
    .transform((given, context) => {
      const text = Array.isArray(given) ? given.join("") : String(given);
      const fates = text.replaceAll(/[\s,_]/g, "");
      const wrong = !/^[01]*$/.test(fates)
        ? `${quote(text)} is not a trace: write 0 for each packet that passes, 1 for each that is lost`
        : !fates.includes("1")
          ? `${quote(text)} loses nothing: write 1 for each packet that is lost`
          : fates.length > TRACE_MAX
            ? `is ${plural(fates.length, "packet")} long: write ${TRACE_MAX} or fewer`
            : undefined;
      if (wrong === undefined) return Array.from(fates, (fate) => fate === "1");
      context.addIssue(wrong);
      return z.NEVER;
    }),
  label: (fates) => `trace of ${plural(fates.length, "packet")}`,
  create(fates) {
    let next = 0;
    return () => fates[next++ % fates.length]!;
  },
};
