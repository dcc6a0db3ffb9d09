/** Where a thread of feedlab's own begins: it is given a world, and told what to do in it. */
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../core/errors.ts";
import { noFiles } from "../scenario/files.ts";
import { playPart } from "../scenario/thread/part.ts";
import { openThreadWorld } from "../worlds/live.ts";
import type { ThreadWorld } from "../worlds/threads.ts";
import { openIn } from "./open-in.ts";

const port = parentPort;
invariant(port !== null, "this file is for threads");
const play = playPart({
  world: (precise) => openThreadWorld(workerData as ThreadWorld, precise),
  post: (message) => port.postMessage(message),
  openIn: (folder) => (folder === undefined ? noFiles : openIn(folder)),
});
port.on("message", play);
port.postMessage("ready");
