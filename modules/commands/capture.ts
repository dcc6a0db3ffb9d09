/** `--pcap`: what a command sends and receives, in a file that other tools open. */
import { resolve } from "node:path";
import { CaptureWriter } from "../captures/writer.ts";
import { EXIT, type ExitCode, UserError } from "../core/errors.ts";
import { worstOf } from "../core/result.ts";
import { type Endpoint, quote } from "../core/units.ts";
import type { Departures } from "../nodes/publisher.ts";
import { type RecordedPlace, Recording } from "../nodes/recording.ts";
import { FileSink } from "../worlds/file.ts";
import type { World } from "../worlds/world.ts";
import { complain } from "./complain.ts";
import { fileOption } from "./file-option.ts";
import type { Shell } from "./shell.ts";

/** The option, for every command that has packets. */
export const PCAP_OPTION = {
  pcap: {
    value: "<file>",
    summary: "record every packet in this pcapng file, dropped ones too",
    type: fileOption(),
  },
} as const;

/** What the traffic of a feed is called; `feed` is empty where there is only one. */
export function recordedPlaces(
  lines: readonly { readonly name: string; readonly group: Endpoint }[],
  recovery:
    | {
        readonly listen: Endpoint;
        readonly repairs?: Endpoint | undefined;
        readonly others?: readonly { readonly listen: Endpoint }[];
      }
    | undefined,
  feed = "",
): RecordedPlace[] {
  const places = lines.map(({ name, group: at }) => ({ name, at }));
  if (recovery !== undefined) places.push({ name: "recovery", at: recovery.listen });
  for (const [i, { listen }] of (recovery?.others ?? []).entries()) {
    places.push({ name: `recovery ${i + 2}`, at: listen });
  }
  if (recovery?.repairs !== undefined) places.push({ name: "repairs", at: recovery.repairs });
  return feed === "" ? places : places.map(({ name, at }) => ({ name: `${feed} ${name}`, at }));
}

/** Runs a command that may be recorded: the file is closed however it ends, and has its say in how. */
export async function withCapture(
  path: string | undefined,
  shell: Shell,
  run: (capture: Capture) => Promise<ExitCode>,
): Promise<ExitCode> {
  const capture = new Capture(path, shell);
  let code: ExitCode;
  try {
    code = await run(capture);
  } finally {
    capture.close();
  }
  return worstOf([code, capture.exitCode]);
}

/** What a command acts in while it is recorded. */
export interface Recorded {
  readonly world: World;
  /** To be told by publishers, where anything is recorded at all. */
  readonly departures: Departures | undefined;
}

/** The capture that was asked for; without a path nothing is recorded. */
export class Capture {
  /** `environment` once the file could not be written to its end. */
  exitCode: ExitCode = EXIT.ok;
  #path: string | undefined;
  #shell: Shell;
  #sink: FileSink | undefined;

  constructor(path: string | undefined, shell: Shell) {
    this.#path = path;
    this.#shell = shell;
  }

  /**
   * Makes the file. `sources` are files that feeds are read from. Throws a UserError when it is one of
   * them, or cannot be made.
   */
  record(
    world: World,
    places: readonly RecordedPlace[],
    sources: readonly (string | undefined)[] = [],
  ): Recorded {
    const path = this.#path;
    if (path === undefined) return { world, departures: undefined };
    if (sources.some((source) => source !== undefined && resolve(source) === resolve(path))) {
      throw new UserError(
        `Cannot write ${quote(path)}: the feed comes from it: choose another name`,
      );
    }
    const sink = new FileSink(path);
    this.#sink = sink;
    const emit = (bytes: Uint8Array): void => this.#attempt(() => sink.write(bytes));
    const writer = new CaptureWriter(emit, world.clock.epochMs);
    const recording = new Recording(world, writer, places);
    return { world: recording.world, departures: recording };
  }

  /** Writes what is left and closes the file. To be called however the command ends. */
  close(): void {
    this.#attempt(() => this.#sink?.close());
  }

  /** A full disk is told once, and is no reason to stop the feed. */
  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.exitCode = error.exitCode;
      complain(this.#shell, error.message);
    }
  }
}
