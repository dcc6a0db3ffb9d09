/** Linux's own way to send and receive: found out once, and shared by every world of the program. */
import { endianness } from "node:os";
import process from "node:process";
import { reasonOf } from "../../core/errors.ts";
import type { Endpoint } from "../../core/units.ts";
import type { LineAddress, Sender, SenderEvents, Subscription } from "../world.ts";
import type { LinuxCalls, LoadCalls } from "./calls.ts";
import { probe } from "./probe.ts";
import { Readiness } from "./readiness.ts";
import { LinuxSubscription } from "./receiver.ts";
import { LinuxSender } from "./sender.ts";

/** Sockets of our own. */
export class LinuxPath {
  readonly calls: LinuxCalls;
  readonly readiness: Readiness;
  readonly receivers = new Set<LinuxSubscription>();

  constructor(calls: LinuxCalls) {
    this.calls = calls;
    this.readiness = new Readiness(calls);
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  publish(line: LineAddress, events: SenderEvents): Sender {
    return LinuxSender.open(this, line, events);
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  subscribe(
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): Subscription {
    return LinuxSubscription.open(this, line, receive);
  }

  /** Lets every listener of this program take what has come, before a sender goes on. */
  listenersFirst(): void {
    for (const receiver of this.receivers) receiver.drain();
  }
}

/** What the program runs on, as far as it matters here. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly endianness: string;
}

/** The machine that this is. */
export const thisMachine = (): Machine => ({
  platform: process.platform,
  arch: process.arch,
  endianness: endianness(),
});

/** The path, or in a few words what is missing. */
export async function openLinuxPath(
  load: LoadCalls,
  { platform, arch, endianness }: Machine = thisMachine(),
): Promise<LinuxPath | string> {
  if (platform !== "linux") return `this is ${platform}, not Linux`;
  if ((arch !== "x64" && arch !== "arm64") || endianness !== "LE") {
    return `its structures are not known on ${arch}`;
  }
  try {
    const calls = await load();
    if (typeof calls === "string") return calls;
    return probe(calls) ?? new LinuxPath(calls);
  } catch (error) {
    return reasonOf(error);
  }
}
