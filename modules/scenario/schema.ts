import * as z from "zod";
import { scenarioSchema } from "./scenario.ts";

/**
 * The JSON schema (draft 7, which editors know) of what may be written in a scenario file. What
 * needs more than one key to be judged, or a unit to be read, is left to `scenario check`.
 */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(scenarioSchema, { io: "input", target: "draft-7" });
  return { $schema, title: "feedlab scenario", ...rest };
}
