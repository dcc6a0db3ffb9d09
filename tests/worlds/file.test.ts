import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import { FileSink, openFile } from "../../modules/worlds/file.ts";

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a file is read anywhere, and less than asked only at its end", () =>
  inFolder((folder) => {
    const path = join(folder, "ten");
    writeFileSync(path, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    const file = openFile(path);
    const into = new Uint8Array(4);
    assertEquals([file.name, file.size], [path, 10]);
    assertEquals([file.read(3, into), [...into]], [4, [3, 4, 5, 6]]);
    assertEquals([file.read(0, into), [...into]], [4, [0, 1, 2, 3]]);
    assertEquals([file.read(8, into), [...into.subarray(0, 2)]], [2, [8, 9]]);
    assertEquals(file.read(10, into), 0);
    file.close();
    file.close();
  }));

test("what cannot be opened says why, and what to do", () =>
  inFolder((folder) => {
    const missing = join(folder, "none");
    const refused = assertThrows(() => openFile(missing), UserError);
    assert(refused.message.startsWith('Cannot open "'), refused.message);
    assert(refused.message.endsWith(": there is no such file or folder: check the path"));
    assertEquals(refused.kind, "environment");
    assertThrows(() => openFile(folder), UserError, "it is a folder: name a file in it");
    const away = join(missing, "capture.pcapng");
    const unwritten = assertThrows(() => new FileSink(away), UserError);
    assert(unwritten.message.startsWith('Cannot write "'), unwritten.message);
    assert(unwritten.message.endsWith("check the path"), unwritten.message);
  }));

test("what is written in pieces of every size is in the file in order", () =>
  inFolder((folder) => {
    const path = join(folder, "pieces");
    const sizes = [0, 1, 100_000, 200_000, 262_144, 262_145, 700_000, 3];
    const whole = Uint8Array.from(
      { length: sizes.reduce((sum, size) => sum + size, 0) },
      (_, i) => (i * 31 + (i >>> 8)) & 0xff,
    );
    const sink = new FileSink(path);
    const lent = new Uint8Array(700_000);
    let at = 0;
    for (const size of sizes) {
      lent.set(whole.subarray(at, at + size));
      sink.write(lent.subarray(0, size));
      lent.fill(0xdd);
      at += size;
    }
    sink.flush();
    assertEquals(readFileSync(path).length, whole.length);
    sink.write(Uint8Array.of(7));
    sink.close();
    sink.close();
    const found = new Uint8Array(readFileSync(path));
    assertEquals(found.length, whole.length + 1);
    assert(found.every((byte, i) => byte === (whole[i] ?? 7)));
  }));

const NEVER_ROOM = "/dev/full";
const noDevice = existsSync(NEVER_ROOM) ? false : `no ${NEVER_ROOM} on this system`;

test("a disk without room is told once", { skip: noDevice }, () => {
  const sink = new FileSink(NEVER_ROOM);
  sink.write(new Uint8Array(1000));
  assertThrows(() => sink.flush(), UserError, "the disk is full: make room, or write elsewhere");
  sink.write(new Uint8Array(1_000_000));
  sink.close();
});
