/**
 * Reading a YAML document against a schema, with every mistake in its place. The text goes down
 * through `parse` (limits, syntax), `tree` (values that know where they stand) and the schema;
 * `issues` turns what the schema refuses into findings, and `problem` shows them.
 */
export { PROBLEMS_MAX, type ReadDocument, readDocument } from "./document.ts";
export { type NamesFile } from "./include.ts";
export { type BaseText, type ReadBase, readingFrom, USE_MAX } from "./use.ts";
export { DOCUMENT_BYTES_MAX, tooLarge } from "./parse.ts";
