/** What a scenario may ask of the machine that it runs on. */

/** Each of them, by the name that `requires:` takes. */
export const REQUIREMENTS = ["multicast", "linux", "bun", "deno"] as const;

/** One of them. */
export type Requirement = (typeof REQUIREMENTS)[number];
