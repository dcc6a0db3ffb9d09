/**
 * SoupBinTCP as recovery (Nasdaq, 3.00; the logins of 4.x are understood): whoever lacks messages logs
 * in with a session and the next number, and is sent everything from there on.
 */
import * as z from "zod";
import { duration } from "../../core/options.ts";
import { MILLISECOND, type Nanos, SECOND } from "../../core/time.ts";
import { SEQ_MAX } from "../../core/seq.ts";
import { showSession } from "../show.ts";
import type { RecoveryDefinition } from "./recovery.ts";
import { SoupClient } from "./soupbintcp/client.ts";
import { PASSWORD_BYTES, USERNAME_BYTES } from "./soupbintcp/packets.ts";
import { describeLogin, SoupServer } from "./soupbintcp/server.ts";

/** Who logs in, and who may. */
export interface SoupOptions {
  readonly username: string;
  readonly password: string;
  /** Whether the server turns away who logs in with any other username or password. */
  readonly require_login: boolean;
  /** What the client's login says of it, which makes it one of version 4.10; undefined: of 3.00. */
  readonly heartbeat_timeout?: Nanos | undefined;
}

/** Five digits of milliseconds. */
const TIMEOUT_MAX: Nanos = 99_999 * MILLISECOND;

/** Letters, digits and marks, as many as the field has bytes. */
function word(what: string, max: number): z.ZodDefault<z.ZodString> {
  return z
    .string()
    .regex(/^[\x21-\x7e]*$/, `a ${what} has letters, digits and marks, but no blanks`)
    .max(max, `a ${what} has ${max} characters or fewer`)
    .default("");
}

/** One login a connection: it asks, and what is published afterwards follows what was asked for. */
export const soupRecovery: RecoveryDefinition<SoupOptions> = {
  name: "soupbintcp",
  summary: "Nasdaq's SoupBinTCP: log in with the next number, and everything from there follows",
  example: "protocol: { soupbintcp: { username: USER, password: secret } }",
  options: z.strictObject({
    username: word("username", USERNAME_BYTES).describe("what the client logs in with"),
    password: word("password", PASSWORD_BYTES).describe("what the client logs in with"),
    require_login: z
      .boolean()
      .default(false)
      .describe("turn away who logs in with another username or password"),
    heartbeat_timeout: duration()
      .refine((ns) => ns <= TIMEOUT_MAX, {
        error: "a login has five digits for milliseconds: write 99s or less",
      })
      .optional()
      .describe("what a login of version 4.10 says; without it, the login is of version 3.00"),
  }),
  create({ username, password, require_login, heartbeat_timeout: heartbeatTimeout }) {
    const account = { username, password, heartbeatTimeout };
    const guard = require_login ? { username, password } : undefined;
    return {
      over: "stream",
      repairs: "answer",
      requestMax: SEQ_MAX,
      connection: "follow",
      requestEnds: false,
      carriesPayload: true,
      sessions: true,
      serverSilence: SECOND,
      clientSilence: SECOND,
      client: (out) => new SoupClient(out, account),
      server: (out) => new SoupServer(out, guard),
      describeRequest: ({ session, from }) => `login ${describeLogin(session, from)}`,
      describeAnswer: (session, seq) => `${showSession(session)} ${seq}`,
    };
  },
};
