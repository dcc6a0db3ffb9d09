/** Colours, as an argument: what is printed stays a pure function of what happened. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  /** What was asked of somebody else. */
  ask(text: string): string;
  /** What matters less. */
  faint(text: string): string;
  bold(text: string): string;
}

const same = (text: string): string => text;

/** No colours. */
export const PLAIN: Paint = {
  good: same,
  bad: same,
  warn: same,
  ask: same,
  faint: same,
  bold: same,
};
