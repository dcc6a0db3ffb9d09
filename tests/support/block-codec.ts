import type {
  AnswerSink,
  ClientDialogue,
  RecoveryCodec,
  RequestSink,
  ServerDialogue,
} from "../../modules/codecs/recovery/recovery.ts";

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/**
 * A recovery protocol that asks for up to four messages at once, where the demo's asks for one: each
 * line of text is a frame, `GET 5 9`, `5` or `none`.
 */
export const blockCodec: RecoveryCodec = {
  over: "stream",
  repairs: "answer",
  requestMax: 4,
  connection: "one",
  requestEnds: false,
  carriesPayload: false,
  client,
  server,
  describeRequest: ({ from, until }) => `GET ${from} ${until}`,
  describeAnswer: (_session, seq) => String(seq),
};

function client(out: AnswerSink): ClientDialogue {
  const lines = byLine((line) => {
    if (line === "none") out.refused(1, "not found", true);
    else if (!/^\d+$/.test(line)) out.fault("bad-message", line);
    else out.message("", Number(line), utf8.encode(line), 0, line.length);
  });
  return { ask: (_request, { from, until }) => utf8.encode(`GET ${from} ${until}\n`), ...lines };
}

function server(out: RequestSink): ServerDialogue {
  const refuse = (): void => out.reply(utf8.encode("none\n"));
  const lines = byLine((line) => {
    const [, from, until] = /^GET (\d+) (\d+)$/.exec(line) ?? [];
    if (from === undefined) out.fault("bad-message", line);
    else out.request(1, { session: "", from: Number(from), until: Number(until) }, line);
  });
  return {
    ...lines,
    settled: false,
    begin() {},
    message: (seq) => out.reply(utf8.encode(`${seq}\n`)),
    finish(from, until) {
      if (from < until) refuse();
    },
    refuse,
  };
}

/** Calls back with each whole line, and at the end with what is left. */
function byLine(onLine: (line: string) => void): Pick<ServerDialogue, "push" | "end"> {
  let text = "";
  return {
    push(bytes) {
      const lines = (text + latin1.decode(bytes)).split("\n");
      text = lines.pop()!;
      for (const line of lines) onLine(line);
    },
    end() {
      if (text !== "") onLine(text);
      text = "";
    },
  };
}
