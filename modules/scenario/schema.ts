import * as z from "zod";
import { FEED_KEYS, feedsSchema, scenarioSchema } from "./scenario.ts";

/**
 * The JSON schema (draft 7, which editors know) of what may be written in a scenario file. What
 * needs more than one key to be judged, or a unit to be read, is left to `scenario check`.
 */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, properties, required = [], ...rest } = written(scenarioSchema);
  const needed = required.filter((key) => FEED_KEYS.some((own) => own === key));
  // What stands in a feed is what stands at the top of a file of one.
  const inner = Object.fromEntries(
    FEED_KEYS.map((key) => [key, { $ref: `#/properties/${key}` }] as const),
  );
  const feed = { type: "object", properties: inner, required: needed, additionalProperties: false };
  const { propertyNames } = written(feedsSchema.shape.feeds);
  const feeds = { type: "object", propertyNames, minProperties: 1, additionalProperties: feed };
  return {
    $schema,
    title: "feedlab scenario",
    ...rest,
    properties: { ...properties, feeds },
    required: required.filter((key) => !needed.includes(key)),
    oneOf: [
      { required: needed, properties: { feeds: false } },
      { required: ["feeds"], properties: Object.fromEntries(FEED_KEYS.map((key) => [key, false])) },
    ],
  };
}

function written(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7" });
}
