import type { Choice } from "../core/options.ts";
import { createRng } from "../core/rng.ts";
import { slug } from "../core/run.ts";
import type { TimeWindow } from "../core/time.ts";
import type { ImpairmentDefinition } from "../impairments/impairment.ts";
import type { Rule } from "../protocol/tap.ts";
import { isDueIn, type Phases, selecting, type Selectors } from "./selectors.ts";

/** An impairment with its options and selectors, and the name that metrics and reports use. */
export interface NamedRule {
  readonly name: string;
  readonly choice: Choice<ImpairmentDefinition<unknown>, Selectors>;
  /** When the timeline switches it off. */
  readonly off?: readonly RuleOff[];
}

/** A time in which a rule is for no packet, by the entry of the timeline that says so. */
export interface RuleOff {
  readonly entry: number;
  readonly window: TimeWindow;
}

/**
 * The rules of one line, each with a stream of chance that no other rule and no other line moves.
 * `phases` are those that `phase` may name; a UserError when there is none of that name.
 * `met` is told which entry of the timeline kept a rule from a packet.
 */
export function createRules(
  rules: readonly NamedRule[],
  seed: string,
  line: string,
  phases: Phases,
  met: (entry: number) => void = () => {},
): Rule[] {
  const rng = createRng(seed);
  return rules
    .filter(({ choice: { rest } }) => rest.line?.includes(line) ?? true)
    .map(({ name, choice: { definition, options, rest }, off = [] }) => ({
      name,
      impairment: definition.create(options, { rng: rng.fork(name).fork(line) }),
      selects: unlessOff(selecting(rest, definition.kinds, phases), off, met),
      max: rest.max,
      byMessage: rest.unit === "message",
    }));
}

function unlessOff(
  selects: Rule["selects"],
  off: readonly RuleOff[],
  met: (entry: number) => void,
): Rule["selects"] {
  if (off.length === 0) return selects;
  return (packet) => {
    if (selects?.(packet) === false) return false;
    const by = off.filter(({ window }) => isDueIn(packet, window));
    for (const { entry } of by) met(entry);
    return by.length === 0;
  };
}

/** A rule as it was read. */
export type ReadRule = Choice<
  ImpairmentDefinition<unknown>,
  Selectors & { readonly name?: string | undefined }
>;

/** Gives each rule a name: its own, or what it says. */
export function nameRules(rules: readonly ReadRule[]): NamedRule[] {
  const names = numbered(
    rules.map(({ definition, options, rest }) => rest.name ?? definition.label(options)),
  );
  return rules.map((choice, i) => ({ name: names[i]!, choice }));
}

/** What the verdict says that a rule which never fired has broken. */
export function unusedRuleText(name: string): string {
  return `impair.${slug(name)}.hits > 0`;
}

/** Gives names that a metric could not tell apart a number each. */
export function numbered(names: readonly string[]): string[] {
  // A number must not make a name that another rule has of its own.
  const own = new Set(names.map(slug));
  const taken = new Set<string>();
  const next = new Map<string, number>();
  return names.map((name) => {
    let free = name;
    let number = next.get(slug(name)) ?? 1;
    while (taken.has(slug(free)) || (number > 1 && own.has(slug(free)))) {
      free = `${name} ${++number}`;
    }
    next.set(slug(name), number);
    taken.add(slug(free));
    return free;
  });
}
