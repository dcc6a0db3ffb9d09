#!/usr/bin/env bun
/** The command line: gives the words to the commands and the process its exit code. */
import { main } from "./modules/commands/main.ts";
import { Terminal } from "./modules/commands/terminal.ts";

const terminal = new Terminal();
const code = await main(process.argv.slice(2), terminal);
// Set last, and once more when the program goes: a write may fail after the command has ended. Not
// process.exit: it would cut off what is still on its way to a pipe.
process.exitCode = terminal.exitCode(code);
process.on("exit", () => {
  process.exitCode = terminal.exitCode(code);
});
