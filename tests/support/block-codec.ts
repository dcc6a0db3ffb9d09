import type {
  AnswerSink,
  Asked,
  ClientDialogue,
  RecoveryCodec,
  RequestSink,
  ServerDialogue,
} from "../../modules/codecs/recovery/recovery.ts";
import { SECOND } from "../../modules/core/time.ts";

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/**
 * A recovery protocol in words, for up to four messages at once where the demo's asks for one. Each
 * line of text is a frame. To the server `GET 5 9`, or `GET S2 5 9` of a session; `alive`; `bye`. To
 * the client `5` or `S2 5`, a message; `none` or `no 2`, refused for good; `busy 2`, refused for now;
 * `ok 2`, taken; `done 2`, answered; `ping`, which wants a `pong`.
 */
export const blockCodec: RecoveryCodec = wordCodec({});

/** As `blockCodec`, but for what is given. */
export function wordCodec(own: Partial<RecoveryCodec>): RecoveryCodec {
  const kind = own.connection ?? "one";
  return {
    over: "stream",
    repairs: "answer",
    requestMax: 4,
    connection: kind,
    requestEnds: false,
    carriesPayload: false,
    client: (out) => (kind === "follow" ? followClient(out) : client(out)),
    server: (out) => server(out, own),
    describeRequest,
    describeAnswer: (_session, seq) => String(seq),
    ...own,
  };
}

/** One that keeps a connection and sends repairs to a group. */
export const groupCodec: RecoveryCodec = wordCodec({
  connection: "many",
  repairs: "group",
  serverSilence: 60 * SECOND,
});

/** One that reads a stream from a number on. */
export const followCodec: RecoveryCodec = wordCodec({
  connection: "follow",
  requestMax: Infinity,
  serverSilence: 1 * SECOND,
  clientSilence: 1 * SECOND,
});

/** One that asks by datagrams. */
export const datagramCodec: RecoveryCodec = wordCodec({ over: "datagram" });

function describeRequest({ session, from, until }: Asked): string {
  const words = ["GET", session, from, Number.isFinite(until) ? until : "on"];
  return words.filter((word) => word !== "").join(" ");
}

function lines(onLine: (line: string, start: number) => void): {
  push(bytes: Uint8Array): void;
  end(): void;
} {
  let text = "";
  return {
    push(bytes) {
      const all = (text + latin1.decode(bytes)).split("\n");
      text = all.pop()!;
      for (const line of all) onLine(line, 0);
    },
    end() {
      if (text !== "") onLine(text, 0);
      text = "";
    },
  };
}

function client(out: AnswerSink): ClientDialogue {
  const read = lines((line) => {
    const [word = "", number = "1"] = line.split(" ");
    const [, session = "", seq] = /^(?:(S\d+) )?(\d+)$/.exec(line) ?? [];
    const bytes = utf8.encode(line);
    if (seq !== undefined) {
      out.message(session, Number(seq), bytes, bytes.length - seq.length, bytes.length);
    } else if (line === "none") out.refused(1, "not found", true);
    else if (word === "no") out.refused(Number(number), "not found", true);
    else if (word === "busy") out.refused(Number(number), "busy", false);
    else if (word === "ok") out.accepted(Number(number));
    else if (word === "done") out.answered(Number(number));
    else if (word === "ping") out.reply(utf8.encode("pong\n"));
    else out.fault("bad-message", line);
  });
  return { ask: (_request, asked) => utf8.encode(`${describeRequest(asked)}\n`), ...read };
}

function followClient(out: AnswerSink): ClientDialogue {
  return {
    ...client(out),
    ask: (_request, { session, from }) =>
      utf8.encode(`${describeRequest({ session, from, until: Infinity })}\n`),
    leave: () => utf8.encode("bye\n"),
    heartbeat: () => utf8.encode("alive\n"),
  };
}

function server(out: RequestSink, { repairs, connection }: Partial<RecoveryCodec>): ServerDialogue {
  const say = (line: string): void => out.reply(utf8.encode(`${line}\n`));
  let requests = 0;
  const read = lines((line) => {
    const [, session = "", from, until] = /^GET (?:(S\d+) )?(\d+) (\d+|on)$/.exec(line) ?? [];
    if (from !== undefined) {
      const end = until === "on" ? Infinity : Number(until);
      out.request(++requests, { session, from: Number(from), until: end }, line);
    } else if (line === "alive" || line === "pong") out.alive();
    else if (line === "bye") out.left();
    else if (/^\d+$/.test(line)) out.fault("bad-message", "an answer where a request should be");
    else out.fault("bad-message", line);
  });
  let request = 0;
  return {
    ...read,
    settled: false,
    begin: (number) => {
      request = number;
      if (repairs === "group") say(`ok ${number}`);
    },
    message: (seq) => {
      if (repairs === "group") out.repair(utf8.encode(`${seq}`));
      else say(String(seq));
    },
    finish: (from, until) => {
      if (from < until && repairs === "group") out.repair(utf8.encode(`gone ${from} ${until}`));
      else if (from < until) say("none");
      else if (connection === "many" && repairs !== "group") say(`done ${request}`);
    },
    refuse: (number, _asked, why) => say(connection === "many" ? `no ${number} ${why}` : "none"),
    heartbeat: () => say("ping"),
    endOfSession: () => say("over"),
  };
}
