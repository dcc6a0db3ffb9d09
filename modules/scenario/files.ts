import { UserError } from "../core/errors.ts";
import type { SourceDeps } from "../sources/source.ts";

/** Opens a file that a scenario names, from where the scenario stands. Fails with a UserError. */
export type OpenFile = SourceDeps["open"] & {
  /** Where the scenario stands, where that can be said. */
  readonly folder?: string;
};

/** For scenarios that stand nowhere. */
export const noFiles: OpenFile = (path) => {
  throw new UserError(`Cannot open ${JSON.stringify(path)}: this scenario stands in no folder`);
};
