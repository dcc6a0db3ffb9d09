import type { FeedEvent } from "../core/events.ts";
import { plural } from "../core/units.ts";
import { lineOf } from "./lines.ts";
import type { Paint } from "./paint.ts";

/** Lines that are told of a large run before the rest is only counted. */
export const STORY_LINES_MAX = 100;

/** Tells what happens, up to a number of lines, and counts the rest. */
export class Story {
  #paint: Paint;
  #linesMax: number;
  #lines = 0;

  constructor(paint: Paint, linesMax: number = STORY_LINES_MAX) {
    this.#paint = paint;
    this.#linesMax = linesMax;
  }

  /** The line for an event, if it is to be told. */
  tell(event: FeedEvent): string | undefined {
    const line = lineOf(event, this.#paint);
    return line === undefined || this.#lines++ >= this.#linesMax ? undefined : line;
  }

  /** How much was left out, if anything was. */
  end(): string | undefined {
    const more = this.#lines - this.#linesMax;
    if (more <= 0) return undefined;
    return this.#paint.faint(`... ${plural(more, "more line")}: --verbose shows them`);
  }
}
