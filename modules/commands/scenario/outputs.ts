/** Files that a command writes, and stored runs that it reads. */
import { Buffer } from "node:buffer";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import * as z from "zod";
import { reasonOf, UserError } from "../../core/errors.ts";
import { nearest } from "../../core/registry.ts";
import type { JudgedRun, Result } from "../../core/result.ts";
import { quote } from "../../core/units.ts";
import { reports } from "../../reports/mod.ts";
import { type Paint, PLAIN } from "../../reports/paint.ts";
import type { ReportDefinition } from "../../reports/report.ts";
import { readStored, STORED_START } from "../../scenario/stored.ts";
import type { Shell } from "../shell.ts";

/** A report that was asked for; without a file it goes to standard output. */
export interface ReportOutput {
  readonly report: ReportDefinition;
  readonly file: string | undefined;
}

/** Bytes of a stored run; more than any string can hold cannot be read. */
const STORED_BYTES_MAX = 400 * 1024 * 1024;

/** `junit=out.xml`, or `github` for standard output. */
export const reportOption = (): z.ZodType<ReportOutput> =>
  z.string().transform((word, context) => {
    const [name = "", ...rest] = word.split("=");
    const file = rest.length === 0 ? undefined : rest.join("=");
    const report = find(name);
    if (report === undefined) context.addIssue(unknown(name));
    else if (file === "") {
      context.addIssue(`${JSON.stringify(word)} names no file: write ${name}=FILE, or ${name}`);
    } else return { report, file };
    return z.NEVER;
  });

/** The name of a report. */
export const formatOption = (): z.ZodType<ReportDefinition> =>
  z.string().transform((name, context) => {
    const report = find(name);
    if (report !== undefined) return report;
    context.addIssue(unknown(name));
    return z.NEVER;
  });

function find(name: string): ReportDefinition | undefined {
  return reports.find((report) => report.name === name);
}

/** What is wrong with a name, and what to write in its place. */
function unknown(name: string): string {
  const names = reports.map((report) => report.name);
  const near = nearest(name, names);
  const meant = near === undefined ? "" : `: did you mean "${near}"?`;
  return `is not one of ${names.join(", ")}${meant}`;
}

/**
 * Sees, before a run, whether what it is to leave can be written: to a place that is there, each to
 * another one, and none over what is read.
 */
export function checkOutputs(
  files: readonly (string | undefined)[],
  inputs: readonly string[],
): void {
  const read = new Set(inputs.map((input) => resolve(input)));
  const written = new Set<string>();
  for (const file of files) {
    if (file === undefined) continue;
    checkWritable(file);
    const place = resolve(file);
    if (read.has(place)) {
      throw new UserError(`Cannot write ${quote(file)}: it is the scenario: choose another name`);
    }
    if (written.has(place)) {
      throw new UserError(`Cannot write ${quote(file)} twice: give each output a name of its own`);
    }
    written.add(place);
  }
}

function checkWritable(file: string): void {
  const folder = dirname(file);
  const wrong = !existsSync(folder)
    ? `there is no folder ${quote(folder)}: create it first`
    : existsSync(file) && statSync(file).isDirectory()
      ? "it is a folder: name a file"
      : denied(existsSync(file) ? file : folder);
  if (wrong !== undefined) throw new UserError(`Cannot write ${quote(file)}: ${wrong}`);
}

function denied(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch {
    return "permission denied: choose another place";
  }
}

/** Writes a file whole. */
export function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(`Cannot write ${quote(file)}: ${reasonOf(error)}`, "environment");
  }
}

/** Renders every report that was asked for, and puts it where it goes. */
export function writeReports(
  outputs: readonly ReportOutput[],
  results: readonly Result[],
  shell: Shell,
  paint: Paint,
): void {
  const { columns } = shell;
  for (const { report, file } of outputs) {
    const rendered = report.render(results, { columns, paint: file === undefined ? paint : PLAIN });
    if (file !== undefined) writeOutput(file, rendered === "" ? "" : `${rendered}\n`);
    else if (rendered !== "") shell.out(rendered);
  }
}

/** Whether a file is one that `scenario run --save` wrote, by how it begins. */
export function isStoredRun(file: string): boolean {
  // What is no plain file, such as a pipe, can be read only once.
  if (!existsSync(file) || !statSync(file).isFile()) return false;
  const start = Buffer.alloc(STORED_START.length);
  const handle = openSync(file, "r");
  try {
    readSync(handle, start, 0, start.length, 0);
  } finally {
    closeSync(handle);
  }
  return start.toString("latin1") === STORED_START;
}

/** Reads a run that `scenario run --save` wrote. */
export function readRun(file: string): JudgedRun {
  const fail = (reason: string): never => {
    throw new UserError(`Cannot read the run in ${quote(file)}: ${reason}`);
  };
  if (!existsSync(file)) return fail("there is no such file");
  const stat = statSync(file);
  if (stat.isDirectory()) return fail("it is a folder: name a file in it");
  if (stat.size > STORED_BYTES_MAX) return fail("it is too large for a run: is it the right file?");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return fail(reasonOf(error));
  }
  return readStored(text, file);
}
