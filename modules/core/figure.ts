/** One number that was measured of a run, by the name that an expectation would give it. */
export interface Figure {
  readonly name: string;
  readonly unit: "count" | "time" | "rate";
  readonly value: number;
}
