import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Seq, SeqRange } from "../../core/seq.ts";
import type { FeedRecord, KeptFeed, KeptSession } from "../../core/store.ts";
import { cannotStore, noStore } from "../refusal.ts";
import { ABOUT_FILE, type About, readAbout } from "./about.ts";
import { segmentName } from "./segment.ts";
import { Segments } from "./segments.ts";

/** A folder that another process may be writing. */
export class FileReader implements KeptFeed {
  #folder: string;
  #about: About;
  #aboutIs = "";
  #segments: Segments;

  private constructor(folder: string, about: About) {
    this.#folder = folder;
    this.#about = about;
    this.#segments = new Segments(folder);
    this.refresh();
  }

  /** Opens a store that is there. Fails with a UserError. */
  static async open(folder: string): Promise<FileReader> {
    try {
      const about = readAbout(folder);
      if (about === undefined) throw noStore(folder);
      return new FileReader(folder, about);
    } catch (error) {
      throw cannotStore("open", folder, error);
    }
  }

  get record(): FeedRecord {
    return this.#about.record;
  }

  get sessions(): readonly KeptSession[] {
    return this.#about.sessions;
  }

  get first(): Seq {
    return this.#segments.list[0]?.first ?? this.#about.first;
  }

  get next(): Seq {
    return this.#segments.last?.next ?? this.#about.first;
  }

  refresh(): void {
    try {
      this.#look();
    } catch (error) {
      // A file was dropped just now; the next look finds what came after it.
      if (!isGone(error)) throw cannotStore("read", this.#folder, error);
    }
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const range = { from: Math.max(from, this.first), until: Math.min(until, this.next) };
    try {
      this.#segments.read(range, visit);
    } catch (error) {
      // It was dropped since: what is gone is not there.
      if (!isGone(error)) throw cannotStore("read", this.#folder, error);
    }
  }

  close(): void {
    this.#segments.close();
  }

  #look(): void {
    const last = this.#segments.last;
    const lost = last !== undefined && !this.#has(last.first);
    if (this.#readAbout() || lost) this.#begin();
    this.#segments.last?.scan();
    // The next one is named after the number that comes next.
    while (this.#segments.last?.first !== this.next && this.#has(this.next)) {
      this.#segments.add(this.next).scan();
    }
    const { list } = this.#segments;
    while (list.length > 1 && !this.#has(list[0]!.first)) list.shift()!.close();
  }

  /** From what the folder has now. */
  #begin(): void {
    this.#segments.close();
    this.#segments = new Segments(this.#folder);
    this.#segments.last?.trustIndex();
  }

  /** Only when it was replaced, as it is when another writer comes; whether it was. */
  #readAbout(): boolean {
    const { ino, mtimeMs, size } = statSync(join(this.#folder, ABOUT_FILE));
    const is = `${ino} ${mtimeMs} ${size}`;
    if (is === this.#aboutIs) return false;
    this.#aboutIs = is;
    this.#about = readAbout(this.#folder) ?? this.#about;
    return true;
  }

  #has(first: Seq): boolean {
    return existsSync(join(this.#folder, segmentName(first)));
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
