/** Reading a YAML document against a schema, with every mistake in its place. */
export { type ReadDocument, readDocument } from "./document.ts";
export { tooLarge } from "./parse.ts";
