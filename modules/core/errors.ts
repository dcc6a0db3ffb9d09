/**
 * Three kinds of wrong. The wire's fault is a counted value; the user's is a `UserError`, which
 * names the attempted act, the value and the remedy; ours is a failed `invariant`.
 */

/** How a command ended, as its exit code. The codes are part of the interface. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  environment: 3,
  unverifiable: 5,
  timeout: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Something the user can mend. One line: the attempted act, the value, the remedy. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** `usage`: what was asked is wrong. `environment`: this machine cannot do it now. */
  readonly kind: "usage" | "environment";

  constructor(message: string, kind: "usage" | "environment" = "usage") {
    super(message);
    this.kind = kind;
  }

  get exitCode(): ExitCode {
    return EXIT[this.kind];
  }
}

/** Ends the program with our own fault when something that must hold does not. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`feedlab broke its own rule: ${message}`);
}

/** The message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
