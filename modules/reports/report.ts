/** What a report is, and what one is made with. */
import type { Result } from "../core/result.ts";
import type { Paint } from "./paint.ts";

/** How a report is to look, where it has a choice. */
export interface View {
  readonly paint: Paint;
  readonly columns: number;
}

/** A form that results can be shown in. */
export interface ReportDefinition {
  readonly name: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** The whole report without a last line end; empty when there is nothing to tell. */
  render(results: readonly Result[], view: View): string;
}
