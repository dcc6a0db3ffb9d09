/** Stores between processes: read while they are written, killed while they write, served by two. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { createRng } from "../../modules/core/rng.ts";
import { formatEndpoint } from "../../modules/core/units.ts";
import { type Program, Programs } from "../support/program.ts";
import {
  type AnyStore,
  expected,
  fill,
  lastingStores,
  readAll,
  RECORD,
} from "../support/store-conformance.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

const watchdog = { timeout: 60_000 };

const WRITER = fileURLToPath(new URL("../support/store-writer.ts", import.meta.url));

/** Another seed kills at other points. */
const SEED = process.env["STORES_SEED"] ?? "stores";

const KILLS = 6;

function check(
  what: string,
  body: (programs: Programs, folder: string, store: AnyStore) => Promise<void>,
): void {
  for (const store of lastingStores) {
    void test(`${store.name}: ${what}`, watchdog, async () => {
      const programs = new Programs();
      const folder = mkdtempSync(join(tmpdir(), "feedlab-stores-"));
      try {
        await body(programs, folder, store);
      } finally {
        await programs.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}

function startWriter(programs: Programs, store: AnyStore, path: string, seed: string): Program {
  const run = "Deno" in globalThis ? ["run", "--allow-all"] : [];
  return programs.startOther([process.execPath, ...run, WRITER, store.name, path, seed]);
}

/** The last number that the writer said was flushed, and the one after it. */
const flushedBy = ({ out }: Program): number => Number(out.at(-1)!.split(" ")[1]);

check("what another process writes is read meanwhile", async (programs, folder, store) => {
  const path = join(folder, "feed");
  const writer = startWriter(programs, store, path, SEED);
  await writer.line(/^1 /);
  const reader = await store.open!(store.options.parse(path));
  let next = 1;
  for (let look = 1; look <= 10; look++) {
    await writer.line(new RegExp(`^${8 * look} `));
    const flushed = flushedBy(writer);
    reader.refresh();
    assert(reader.next >= flushed, `${reader.next} after ${flushed}`);
    assertEquals(readAll(reader, next, Infinity), expected(next, reader.next));
    next = reader.next;
  }
  assertEquals([reader.first, reader.sessions.length], [1, 1]);
  reader.close();
});

check(
  "what was flushed survives kill -9, and nothing torn is seen",
  async (programs, folder, store) => {
    const path = join(folder, "feed");
    const options = store.options.parse(path);
    const rng = createRng(SEED).fork(store.name);
    let before = 1;
    for (let kill = 1; kill <= KILLS; kill++) {
      const writer = startWriter(programs, store, path, `${SEED}/${kill}`);
      await writer.line(new RegExp(`^${1 + rng.below(40)} `));
      await writer.stop();
      const told = flushedBy(writer);
      assert(told > before, `seed ${SEED}: ${told} after ${before}`);
      const reader = await store.open!(options);
      assert(reader.next >= told, `seed ${SEED}: ${reader.next} is left of ${told}`);
      assertEquals(readAll(reader, 1, Infinity), expected(1, reader.next), `seed ${SEED}`);
      const { next } = reader;
      // The next writer finds as much, and says that the one before did not end well.
      const again = await store.create(options, {
        record: RECORD,
        first: 1,
        retain: 1e9,
        existing: "continue",
      });
      assertEquals([again.found?.next, again.found?.torn?.messages], [next, 0]);
      assertEquals(again.found?.sessions, [{ name: "KILLED", from: 1, first: 1 }]);
      fill(again, next, next + 10);
      again.close();
      reader.refresh();
      assertEquals(readAll(reader, next - 1, Infinity), expected(next - 1, next + 10));
      reader.close();
      before = next + 10;
    }
  },
);

check(
  "one process publishes, another answers from its store",
  async (programs, folder, { name }) => {
    const group = formatEndpoint(aLine().group);
    const address = formatEndpoint(anAddress());
    const store = `${name}:${join(folder, "feed")}`;
    const listen = await programs
      // Nobody can know of the last message, which is lost as well.
      .start(`listen --group ${group} --recovery ${address} --messages 1999 --output json`)
      .ready();
    const feed = "--interval 2ms --messages 2000 --drop every:5 --quiet";
    const serve = programs.start(`serve --group ${group} ${feed} --store ${store}`);
    // A store that is not there is refused: it is, once there is a first number in it.
    await retry(() => programs.start(`recover --listen ${address} --store ${store}`).ready());
    assertEquals((await serve.ended).code, 0);
    const { code, out } = await listen.ended;
    assertEquals(code, 0);
    const told = out.map(
      (line) => JSON.parse(line) as { event: string; from: number; until: number },
    );
    const numbersOf = (event: string): number[] =>
      told
        .filter((one) => one.event === event)
        .flatMap(({ from, until }) => Array.from({ length: until - from }, (_, i) => from + i));
    assertEquals(
      numbersOf("delivered"),
      Array.from({ length: 1999 }, (_, i) => i + 1),
    );
    assertEquals(numbersOf("lost"), []);
    assertEquals(new Set(numbersOf("recovered")).size, 399);
  },
);

/** Until it is there; whoever starts two programs at once does the same. */
async function retry<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}
