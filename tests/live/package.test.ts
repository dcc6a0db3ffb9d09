/**
 * What is published must work where there is nothing but one runtime: no registry, no cache, no
 * other program. The tarball is packed as for a release, and run from an empty folder.
 */
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatEndpoint } from "../../modules/core/units.ts";
import { findDeno } from "../support/deno.ts";
import { aLine } from "../support/transport-conformance.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DEMO = ["scenario", "run", "demo", "--time", "virtual"];
const RECOVERED = "✅ Recovered: Recovered data for SEQ:10";
const LIBRARY = 'await import("feedlab").then((lib) => console.log(Object.keys(lib).length > 0))';

/** Is an error when the package has no types, and when it has sources in their place. */
const USER = 'import * as feedlab from "feedlab";\nexport const library: object = feedlab;\n';

/** Nothing listens there: whoever asks a registry fails. */
const DEAD_REGISTRY = "http://127.0.0.1:9/";

const isBun = "bun" in process.versions;
const shell = findProgram("sh");
const node = findNode();
const npx = node === undefined ? undefined : findProgram("npx");
const deno = findDeno();

describe("the package", { skip: isBun ? false : "Bun packs it: once is enough" }, () => {
  let folder = "";
  let tarball = "";
  /** A folder with the package installed in it, and nothing else. */
  let home = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "feedlab-package-"));
    tarball = join(folder, "feedlab.tgz");
    home = join(folder, "home");
    mkdirSync(home);
    run([process.execPath, "pm", "pack", "--quiet", "--filename", tarball], ROOT, process.env);
    run([process.execPath, "add", "--silent", tarball], home, alone({}));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The environment of a machine that has these programs alone, and has never been online. */
  function alone(programs: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const state = mkdtempSync(join(folder, "machine-"));
    const bin = join(state, "bin");
    mkdirSync(bin);
    for (const [name, path] of Object.entries(programs)) symlinkSync(path, join(bin, name));
    return {
      PATH: bin,
      HOME: state,
      TMPDIR: state,
      BUN_TMPDIR: state,
      BUN_INSTALL_CACHE_DIR: join(state, "bun"),
      BUN_CONFIG_REGISTRY: DEAD_REGISTRY,
      npm_config_cache: join(state, "npm"),
      npm_config_registry: DEAD_REGISTRY,
      npm_config_fetch_retries: "0",
      npm_config_update_notifier: "false",
      DENO_DIR: join(state, "deno"),
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
    };
  }

  function feedlab(): string {
    return join(home, "node_modules", ".bin", "feedlab");
  }

  function installed(path: string): string {
    return join(home, "node_modules", "feedlab", path);
  }

  test("holds what it needs, and names no dependency", () => {
    for (const path of [
      "dist/cli.js",
      "dist/mod.js",
      "dist/types/modules/mod.d.ts",
      "scenarios/demo.yaml",
      "README.md",
      "LICENSE",
    ]) {
      assert(readFileSync(installed(path)).length > 0, path);
    }
    const manifest = JSON.parse(readFileSync(installed("package.json"), "utf8")) as object;
    const kinds = ["dependencies", "optionalDependencies", "peerDependencies"];
    assertEquals(
      kinds.filter((kind) => kind in manifest),
      [],
    );
  });

  test("runs the demo with bunx where there is only Bun", () => {
    const env = alone({ bun: process.execPath });
    recovers([process.execPath, "x", "-p", `file:${tarball}`, "feedlab", ...DEMO], folder, env);
  });

  test("runs the demo with npx where there is only Node", { skip: missing(npx, "npx") }, () => {
    const env = alone({ node: node!, npx: npx!, sh: shell! });
    recovers([npx!, "--yes", "--package", tarball, "feedlab", ...DEMO], folder, env);
  });

  test("runs the demo with Bun once installed", () => {
    recovers([feedlab(), ...DEMO], folder, alone({ bun: process.execPath }));
  });

  test("runs the demo with Node once installed", { skip: missing(node, "Node") }, () => {
    recovers([feedlab(), ...DEMO], folder, alone({ node: node! }));
  });

  test("runs the demo on Deno", { skip: missing(deno, "Deno") }, () => {
    recovers([deno!, "run", "--allow-all", installed("dist/cli.js"), ...DEMO], folder, alone({}));
  });

  test("gives a fast publisher a thread of its own", () => {
    const ways = [
      [feedlab()],
      ...(node === undefined ? [] : [[node, installed("dist/cli.js")]]),
      ...(deno === undefined ? [] : [[deno, "run", "--allow-all", installed("dist/cli.js")]]),
    ];
    for (const way of ways) {
      const words = `serve --group ${formatEndpoint(aLine().group)} --rate 5k/s --messages 500`;
      const command = [...way, ...words.split(" "), "--drop", "none", "--output", "json"];
      const said = run(command, folder, alone({ bun: process.execPath }))
        .trim()
        .split("\n");
      const events = said.map((line) => JSON.parse(line) as Record<string, unknown>);
      const threads = events.find(({ event }) => event === "ready")?.["threads"];
      const own = "one for all but publisher: 5000 packets/s";
      assertEquals(
        threads,
        availableParallelism() > 1 ? own : "one for all: this machine has one core",
      );
      assertEquals(events.at(-1)?.["packets"], 500, command.join(" "));
      assertEquals(events.filter(({ event }) => event === "sent").length, 500);
    }
  });

  test("has types that need nothing else installed", () => {
    writeFileSync(join(home, "user.ts"), USER);
    const options = { module: "nodenext", strict: true, skipLibCheck: true, types: [] };
    writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
    run([process.execPath, "check", "user.ts"], home, alone({}));
    if (deno !== undefined) {
      run([deno, "check", "--node-modules-dir=manual", "user.ts"], home, alone({}));
    }
  });

  test("is a library", () => {
    const ways = [
      [process.execPath, "--eval", LIBRARY],
      ...(node === undefined ? [] : [[node, "--input-type=module", "--eval", LIBRARY]]),
      ...(deno === undefined ? [] : [[deno, "eval", "--node-modules-dir=manual", LIBRARY]]),
    ];
    for (const way of ways) assertEquals(run(way, home, alone({})).trim(), "true", way[0]);
  });
});

/** Runs a scenario that recovers what it loses, and expects it to say so. */
function recovers(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv): void {
  assertStringIncludes(run(command, cwd, env), RECOVERED, command.join(" "));
}

/** What the command prints on stdout; it must end well. */
function run(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv): string {
  const done = execute(command, cwd, env);
  const said = `${command.join(" ")}\n${done.stdout}${done.stderr}${done.error?.message ?? ""}`;
  assertEquals(done.status, 0, said);
  return done.stdout;
}

function execute(
  [program = "", ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd, env, encoding: "utf8", timeout: 60_000 });
}

function missing(path: string | undefined, name: string): string | false {
  return path === undefined ? `there is no ${name} here` : false;
}

/** Where the PATH has a program of that name. */
function findProgram(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Node itself: Bun puts a stand-in of that name on the PATH of scripts where there is none. */
function findNode(): string | undefined {
  const path = findProgram("node");
  if (path === undefined) return undefined;
  const asked = execute([path, "-p", "process.versions.bun"], ROOT, process.env);
  return asked.stdout.trim() === "undefined" ? path : undefined;
}
