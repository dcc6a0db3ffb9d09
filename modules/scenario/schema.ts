import * as z from "zod";
import { HANDLER_NAME } from "./handlers.ts";
import { LISTEN_KEYS } from "./listen.ts";
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
  const listen = withHandlers(properties?.["listen"] as object);
  return {
    $schema,
    title: "feedlab scenario",
    ...rest,
    properties: { ...properties, listen, feeds },
    required: required.filter((key) => !needed.includes(key)),
    oneOf: [
      { required: needed, properties: { feeds: false } },
      { required: ["feeds"], properties: Object.fromEntries(FEED_KEYS.map((key) => [key, false])) },
    ],
  };
}

/** One handler without a name, or handlers with names. */
function withHandlers(one: object): object {
  const propertyNames = { pattern: HANDLER_NAME.source, not: { enum: LISTEN_KEYS } };
  const handler = { $ref: "#/properties/listen/anyOf/0" };
  const handlers = {
    type: "object",
    propertyNames,
    minProperties: 1,
    additionalProperties: handler,
  };
  return { anyOf: [one, handlers] };
}

function written(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7" });
}
