import { readFileSync } from "node:fs";
import { join } from "node:path";
import { formatEndpoint } from "../../../modules/core/units.ts";
import { aLine } from "../../support/transport-conformance.ts";
import type { Group, Row, Setting } from "../group.ts";
import { MISSING } from "../group.ts";
import { runtimes } from "../machine.ts";
import { figureOf, type Taken } from "../measure.ts";
import { ROOT, Running } from "../programs.ts";

/** What has begun by then has begun. */
const SETTLE_MS = 1500;

const CORE_MAX = 0.02;

/** What a listener costs that hears nothing. All of them wait at the same time. */
export const idle: Group = {
  name: "idle",
  summary: "processor time of a `listen` that hears nothing",
  async measure({ quick, say }: Setting): Promise<Row[]> {
    const seconds = quick ? 3 : 15;
    say(`${seconds} s`);
    const cases = runtimes().flatMap(({ name, command }) =>
      ["linux", "portable"].map((path) => ({ what: `${name} ${path}`, command, path })),
    );
    return Promise.all(
      cases.map(async ({ what, command, path }): Promise<Row> => ({
        what: `listen: ${what}`,
        unit: "of a core",
        ours: await waiting(command, path, seconds),
        hold: { of: "ours", most: CORE_MAX },
      })),
    );
  },
};

async function waiting(command: readonly string[], path: string, seconds: number): Promise<Taken> {
  const group = formatEndpoint(aLine().group);
  const own = ["--group", group, "--transport", path, "--recovery", "none"];
  const program = new Running([...command, join(ROOT, "cli.ts"), "listen", ...own]);
  try {
    await program.said("Listening to");
    await pause(SETTLE_MS);
    const before = cpuSeconds(program.pid);
    if (before === undefined) return `${MISSING}no /proc here to read the time from`;
    const began = performance.now();
    await pause(seconds * 1000);
    const used = cpuSeconds(program.pid)! - before;
    return figureOf([used / ((performance.now() - began) / 1000)]);
  } finally {
    await program.stop();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** See proc_pid_stat(5): the fields after the name, of which the 12th and 13th are in ticks. */
function cpuSeconds(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}
