import type { RecoveryCodec, RecoveryDecoder, RecoveryFrames } from "../../modules/codecs/codec.ts";

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/**
 * A recovery protocol that asks for up to four messages at once, where the demo's asks for one: each
 * line of text is a frame, `GET 5 9`, `5` or `none`.
 */
export const blockCodec: RecoveryCodec = {
  requestMax: 4,
  carriesPayload: false,
  request: (from, until) => utf8.encode(`GET ${from} ${until}\n`),
  message: (seq) => utf8.encode(`${seq}\n`),
  notFound: () => utf8.encode("none\n"),
  describeRequest: (from, until) => `GET ${from} ${until}`,
  describeAnswer: (seq) => String(seq),
  requests: (out) => decoder(out),
  answers: (out) => decoder(out),
};

function decoder(out: RecoveryFrames): RecoveryDecoder {
  let text = "";
  return {
    settled: false,
    push(bytes) {
      const lines = (text + latin1.decode(bytes)).split("\n");
      text = lines.pop()!;
      for (const line of lines) onLine(line, out);
    },
    end() {
      if (text !== "") onLine(text, out);
      text = "";
    },
  };
}

function onLine(line: string, out: RecoveryFrames): void {
  const [, from, until] = /^GET (\d+) (\d+)$/.exec(line) ?? [];
  if (from !== undefined) out.request(Number(from), Number(until), line);
  else if (line === "none") out.notFound();
  else if (/^\d+$/.test(line)) out.message(Number(line), utf8.encode(line), 0, line.length);
  else out.fault("bad-message", line);
}
