import { Histogram } from "../../modules/core/histogram.ts";
import type { RecoveryStages } from "../../modules/core/run.ts";

/** Steps of recovery of which nothing was measured. */
export function noStages(): RecoveryStages {
  return {
    decided: new Histogram(),
    connected: new Histogram(),
    firstByte: new Histogram(),
    filled: new Histogram(),
    delivered: new Histogram(),
  };
}
