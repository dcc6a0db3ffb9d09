import { demo } from "../../modules/codecs/demo.ts";
import { createRng } from "../../modules/core/rng.ts";
import { noFiles } from "../../modules/scenario/files.ts";
import type { SourceDeps } from "../../modules/sources/source.ts";

/** What a source is created with when a test does not care. */
export function sourceDeps(own: Partial<SourceDeps> = {}): SourceDeps {
  return {
    first: 1,
    packets: demo.create({}, { epochMs: 0 }).packets,
    rng: createRng("test"),
    epochMs: 0,
    perSecond: 1000,
    open: noFiles,
    ...own,
  };
}
