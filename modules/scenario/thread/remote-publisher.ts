import { deferred } from "../../core/deferred.ts";
import type { Histogram } from "../../core/histogram.ts";
import type { Seq } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";
import { PaceMeter } from "../../nodes/pace-meter.ts";
import type { LineSent } from "../../nodes/publisher.ts";
import type { RuleCount } from "../../protocol/tap.ts";
import { MemoryReader } from "../../stores/memory-reader.ts";
import type { Thread } from "../../worlds/world.ts";
import type { PublisherWatch } from "../open.ts";
import type { Publishing } from "../publishing.ts";
import { errorOf, type ThreadLine } from "./line.ts";
import type { FromPublisher, PublisherBatch, PublisherTask, ToPublisher } from "./talk.ts";

/** What somebody is told who watches a publisher from another thread. */
export type RemoteWatch = Pick<PublisherWatch, "observe" | "touched" | "met"> & {
  /** These numbers left on a line, and can be read as what they are. */
  readonly left?: (line: string, from: Seq, until: Seq) => void;
};

/**
 * A publisher in a thread of its own, as this thread knows it: what was appended is there at once, through
 * shared memory, what else happened a batch later.
 */
export class RemotePublisher implements Publishing {
  readonly done: Promise<void>;
  readonly failed: Promise<never>;
  readonly first: Seq;
  readonly lines: readonly LineSent[];
  counts: readonly (readonly RuleCount[])[];
  #thread: Thread;
  #store: MemoryReader;
  #watch: RemoteWatch;
  #pace = new PaceMeter();
  #phases: PaceMeter[] = [];
  #running = false;
  #paceWanted = false;
  #resolveDone: () => void;
  #fail: (error: unknown) => void;
  #opened = deferred<readonly (number | undefined)[]>();
  #halted = deferred();
  #halting = false;

  private constructor(
    thread: Thread,
    task: PublisherTask,
    lines: readonly string[],
    watch: RemoteWatch,
  ) {
    this.#thread = thread;
    this.#store = new MemoryReader(task.memory);
    this.#watch = watch;
    this.first = this.#store.next;
    this.lines = lines.map((name) => {
      return { name, packets: 0, messages: 0, last: undefined, sendBuffer: undefined };
    });
    this.counts = lines.map(() => []);
    const done = deferred();
    this.done = done.promise;
    this.#resolveDone = done.resolve;
    const failed = deferred<never>();
    // Who does not wait for it is not to be ended by it.
    failed.promise.catch(() => {});
    this.failed = failed.promise;
    this.#fail = failed.reject;
  }

  /** Opens a publisher for these lines in a thread. Fails with a UserError as a publisher here does. */
  static async open(
    line: ThreadLine,
    task: PublisherTask,
    lines: readonly string[],
    watch: RemoteWatch,
  ): Promise<RemotePublisher> {
    const publisher = new RemotePublisher(line.thread, task, lines, watch);
    line.listen({
      received: (message) => publisher.#onMessage(message as FromPublisher),
      failed: (error) => publisher.#onFailed(error),
    });
    publisher.#post({ say: "open", task });
    const buffers = await Promise.race([publisher.#opened.promise, publisher.failed]);
    for (const [i, line] of publisher.lines.entries()) {
      (line as { sendBuffer: number | undefined }).sendBuffer = buffers[i];
    }
    return publisher;
  }

  get next(): Seq {
    return this.#store.next;
  }

  get rateAchieved(): number {
    return this.#paceNow().rate;
  }

  get lateness(): Histogram {
    return this.#paceNow().lateness;
  }

  phase(index: number): PaceMeter {
    this.#paceNow();
    return (this.#phases[index] ??= new PaceMeter());
  }

  start(at?: Nanos): void {
    this.#running = true;
    this.#post({ say: "start", at });
  }

  /** What was handed over leaves all the same. */
  async halt(): Promise<void> {
    if (!this.#halting) this.#post({ say: "halt" });
    this.#halting = true;
    await Promise.race([this.#halted.promise, this.failed.catch(() => {})]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    await this.halt();
    await this.#thread.close();
  }

  /** What is known of the pace; while it goes on, that is asked for again. */
  #paceNow(): PaceMeter {
    if (this.#running && !this.#paceWanted) {
      this.#paceWanted = true;
      this.#post({ say: "pace" });
    }
    return this.#pace;
  }

  #post(message: ToPublisher): void {
    this.#thread.post(message);
  }

  #onFailed(error: unknown): void {
    this.#running = false;
    this.#fail(error);
  }

  #onMessage(message: FromPublisher): void {
    switch (message.say) {
      case "opened":
        return this.#opened.resolve(message.sendBuffers);
      case "failed":
        return this.#onFailed(errorOf(message.failure));
      case "batch":
        return this.#onBatch(message.batch);
      case "pace": {
        const { whole, phases } = message.pace;
        this.#paceWanted = false;
        this.#pace = PaceMeter.from(whole);
        this.#phases = phases.map((plain) => PaceMeter.from(plain));
        return;
      }
      case "done":
        this.#running = false;
        return this.#resolveDone();
      case "halted":
        this.#running = false;
        return this.#halted.resolve();
    }
  }

  #onBatch({ lines, counts, events, touched, left, met }: PublisherBatch): void {
    for (const [i, line] of lines.entries()) Object.assign(this.lines[i]!, line);
    this.counts = counts.length === 0 ? this.counts : counts;
    for (const { line, from, until } of left) this.#watch.left?.(line, from, until);
    for (const { line, rule, damaged, from, until } of touched) {
      this.#watch.touched?.(line, rule, damaged, from, until);
    }
    for (const entry of met) this.#watch.met?.(entry);
    for (const event of events) this.#watch.observe(event);
  }
}
