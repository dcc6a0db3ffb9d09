import { deferred } from "../core/deferred.ts";
import { type ExitCode, UserError } from "../core/errors.ts";
import { count, endpoint, positiveDuration } from "../core/options.ts";
import { SEQ_MAX } from "../core/seq.ts";
import { formatEndpoint, plural } from "../core/units.ts";
import { RecoveryNode } from "../nodes/recovery.ts";
import { feed } from "../scenario/feed.ts";
import { noFiles } from "../scenario/files.ts";
import { feedParts } from "../scenario/open.ts";
import { SourceStore } from "../stores/source.ts";
import { type Command, readOptions, type Words } from "./command.ts";
import { OUTPUT_OPTIONS } from "./options.ts";
import type { Shell } from "./shell.ts";
import { announce, summarize, tell } from "./tell.ts";
import { untilEnd } from "./until.ts";

const options = {
  listen: {
    value: "<host:port>",
    summary: "where clients ask",
    type: endpoint(),
    fallback: "127.0.0.1:7000",
  },
  first: {
    value: "<seq>",
    summary: "the first number that it has",
    type: count(),
    fallback: "1",
  },
  last: {
    value: "<seq>",
    summary: "the last number that it has (default: no end)",
    type: count(),
    fallback: String(SEQ_MAX - 1),
  },
  messages: { value: "<count>", summary: "end after so many answers", type: count(1) },
  duration: { value: "<time>", summary: "end after this time", type: positiveDuration() },
  ...OUTPUT_OPTIONS,
} as const;

/** Answers for lost messages of the demo's feed, which it knows without having heard it. */
export const recover: Command = {
  options,
  examples: ["feedlab recover", "feedlab recover --listen 127.0.0.1:7001 --first 100 --last 200"],
  run,
};

async function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  if (given.last < given.first) {
    throw new UserError(`--last ${given.last} comes before --first ${given.first}: swap them`);
  }
  const world = await shell.openWorld("real");
  const parts = feedParts({ feed: feed.parse({ messages: 1 }), open: noFiles }, "");
  const server = await RecoveryNode.open(world, {
    listen: given.listen,
    codec: parts.protocol.recovery,
    store: new SourceStore(parts.createSource(), { from: given.first, until: given.last + 1 }),
    observe: tell(shell, given),
  });
  try {
    const { promise, resolve } = deferred();
    server.onProgress = () => {
      // Not before the last answer was taken.
      if (server.answered >= (given.messages ?? Infinity) && server.connections === 0) resolve();
    };
    const listen = formatEndpoint(given.listen);
    return await untilEnd(world, shell, {
      done: promise,
      duration: given.duration,
      ready: () => announce(shell, given, `Answering on ${listen}`, { listen }),
    });
  } finally {
    await server.close();
    const { requests, answered, refused } = server;
    summarize(
      shell,
      given,
      `Answered ${answered} of ${plural(requests, "request")}`,
      [
        ["not found", String(requests - answered)],
        ["refused", plural(refused, "connection")],
      ],
      { requests, answered, refused },
    );
  }
}
