/**
 * SoupBinTCP packets: computed from the layout of the specification and read back with Wireshark's own
 * dissector; the heartbeats are from captures.
 */
import { fromHex } from "../support/hex.ts";

/** By what they are. */
export const soupVectors = {
  /** USER, secret, the current session, from 1. */
  login: fromHex(`
    00 2f 4c
    55 53 45 52 20 20
    73 65 63 72 65 74 20 20 20 20
    20 20 20 20 20 20 20 20 20 20
    20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 31`),
  /** SESS01, 42 is next. */
  accepted: fromHex(`
    00 1f 41
    20 20 20 20 53 45 53 53 30 31
    20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 34 32`),
  noSession: fromHex("00 02 4a 53"),
  /** hello */
  sequenced: fromHex("00 06 53 68 65 6c 6c 6f"),
  endOfSession: fromHex("00 01 5a"),
  logout: fromHex("00 01 4f"),
  /** dbg */
  debug: fromHex("00 04 2b 64 62 67"),
  clientHeartbeat: fromHex("00 01 52"),
  serverHeartbeat: fromHex("00 01 48"),
} as const;
