#!/usr/bin/env bun
/** The command line: gives the words to the commands and the process its exit code. */
import { main } from "./modules/commands/main.ts";
import { Terminal } from "./modules/commands/terminal.ts";

// Not process.exit: it would cut off what is still on its way to a pipe.
process.exitCode = await main(process.argv.slice(2), new Terminal());
