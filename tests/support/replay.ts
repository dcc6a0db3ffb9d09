/** Replays golden sessions in virtual time, through the command line's own entry. */
import { main } from "../../modules/commands/main.ts";
import type { Shell } from "../../modules/commands/shell.ts";
import type { ByteFile } from "../../modules/core/byte-file.ts";
import { invariant } from "../../modules/core/errors.ts";
import type { Clock, Nanos } from "../../modules/core/time.ts";
import { formatDuration, parseDuration } from "../../modules/core/units.ts";
import { type Paint, PLAIN } from "../../modules/reports/paint.ts";
import { openFile } from "../../modules/worlds/file.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { Transport, World } from "../../modules/worlds/world.ts";
import { type Block, type Session, splitWords } from "./session.ts";

/** What the terminals show this time: the session's blocks, in the order of its file. */
export async function replay(session: Session): Promise<Block[]> {
  const stage = new Stage();
  const terminals: Promise<Block[]>[] = [];
  for (const blocks of session.terminals) {
    terminals.push(runTerminal(stage, blocks));
    // One after the other, so that what happens at the same instant happens in the file's order.
    await stage.quiet();
  }
  await stage.run();
  return (await Promise.all(terminals)).flat();
}

async function runTerminal(stage: Stage, blocks: readonly Block[]): Promise<Block[]> {
  const replayed: Block[] = [];
  stage.busy();
  for (const block of blocks) {
    const [program, ...words] = splitWords(block.typed);
    if (program === "sleep") {
      await stage.sleep(parseDuration(words[0]!));
      replayed.push(block);
    } else {
      const shell = new ReplayShell(stage, block.interruptNs);
      const code = await main(words, shell);
      invariant(shell.ended(), `${block.typed} ended before it was interrupted`);
      replayed.push({ ...block, shown: [...shell.shown, `[exit ${code}]`] });
    }
  }
  stage.idle();
  return replayed;
}

/**
 * One virtual world for all terminals. Its time stands still while a command does something that
 * takes none there, such as loading its code.
 */
class Stage {
  readonly world = new SimWorld();
  #busy = 0;
  #waiting = 0;
  #quiet: (() => void) | undefined;
  #woken: (() => void) | undefined;

  busy(): void {
    this.#busy++;
  }

  idle(): void {
    this.#busy--;
    if (this.#busy === 0) this.#quiet?.();
  }

  /** Resolves when every command waits for the world, or has ended. */
  async quiet(): Promise<void> {
    if (this.#busy > 0) await new Promise<void>((resolve) => (this.#quiet = resolve));
  }

  async sleep(time: Nanos): Promise<void> {
    const { clock } = this.world;
    await this.until(new Promise((resolve) => clock.at(clock.now() + time, () => resolve(true))));
  }

  /** What a command's world does in place of moving time itself. */
  async until<T>(done: Promise<T>): Promise<T> {
    this.#waiting++;
    this.idle();
    try {
      return await done;
    } finally {
      this.#waiting--;
      this.busy();
      this.#woken?.();
    }
  }

  /** Moves time until every command has ended. */
  async run(): Promise<void> {
    // Who was quiet for a moment may be busy again by the time that this is told of it.
    for (await this.quiet(); this.#waiting + this.#busy > 0; await this.quiet()) {
      if (this.#waiting === 0) continue;
      await this.world.until(new Promise<void>((resolve) => (this.#woken = resolve)));
    }
  }
}

/** A terminal's shell while one command runs in it. */
class ReplayShell implements Shell {
  readonly columns = 80;
  readonly room = { out: Infinity, err: Infinity };
  readonly shown: string[] = [];
  readonly interrupted: Promise<void>;
  /** False as long as a Ctrl-C is to come. */
  readonly ended: () => boolean;
  #stage: Stage;
  #startNs: Nanos;

  constructor(stage: Stage, interruptNs: Nanos | undefined) {
    const { clock } = stage.world;
    this.#stage = stage;
    this.#startNs = clock.now();
    let ended = interruptNs === undefined;
    this.ended = () => ended;
    this.interrupted = new Promise((resolve) => {
      if (interruptNs === undefined) return;
      clock.at(this.#startNs + interruptNs, () => {
        ended = true;
        this.shown.push(`^C after ${formatDuration(interruptNs)}`);
        resolve();
      });
    });
  }

  out(line: string): void {
    this.shown.push(...line.split("\n"));
  }

  err(line: string): void {
    this.shown.push(...line.split("\n").map((part) => `2> ${part}`));
  }

  paint(): Paint {
    return PLAIN;
  }

  fileOpener(): Promise<(path: string) => ByteFile> {
    return Promise.resolve(openFile);
  }

  async openWorld(time: "real" | "virtual"): Promise<World> {
    return new CommandWorld(this.#stage, this.#startNs, time);
  }

  unmet(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  freshSeed(): string {
    return "5eed";
  }
}

/** The stage's world as one command sees it: its clock starts at zero. */
class CommandWorld implements World {
  readonly clock: Clock;
  readonly transport: Transport;
  #stage: Stage;

  constructor(stage: Stage, startNs: Nanos, kind: Clock["kind"]) {
    const { clock, transport } = stage.world;
    this.#stage = stage;
    this.clock = {
      kind,
      epochMs: clock.epochMs,
      now: () => clock.now() - startNs,
      at: (time, run) => clock.at(time + startNs, run),
    };
    this.transport = transport;
  }

  until<T>(done: Promise<T>): Promise<T> {
    return this.#stage.until(done);
  }
}
