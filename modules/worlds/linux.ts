/** Which binding to the C library this runtime has. Neither is loaded before it is asked for. */
import process from "node:process";
import type { LoadCalls } from "./linux/calls.ts";
import type { DenoFfi } from "./linux/deno-ffi.ts";
import type { LinuxPath } from "./linux/path.ts";
import { deno } from "./runtime.ts";

/** The program's one Linux path. */
let opened: Promise<LinuxPath | string> | undefined;

/** The path, or in a few words why there is none. */
export function linuxPath(): Promise<LinuxPath | string> {
  opened ??= open();
  return opened;
}

async function open(): Promise<LinuxPath | string> {
  const { openLinuxPath } = await import("./linux/path.ts");
  return openLinuxPath(load);
}

const load: LoadCalls = async () => {
  if (process.versions["bun"] !== undefined) {
    return (await import("./linux/bun-ffi.ts")).loadBunCalls();
  }
  if (deno !== undefined) {
    return (await import("./linux/deno-ffi.ts")).loadDenoCalls(deno as unknown as DenoFfi);
  }
  return "Node cannot call the system by itself";
};
