/** A web server of one page, for programs that ask how a command is doing. */
import { createServer, type Server } from "node:http";
import { type Endpoint, formatEndpoint } from "../core/units.ts";
import { cannot } from "./advice.ts";

/** The path of the page. */
export const METRICS_PATH = "/metrics";

/** What is served: a text, made anew for each request, and its media type. */
export interface MetricsPage {
  readonly type: string;
  render(): string;
}

/** Serves the page until it is closed. Fails with a UserError when the place cannot be had. */
export async function serveMetrics(at: Endpoint, page: MetricsPage): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    const { method = "GET", url = "/" } = request;
    const send = (status: number, text: string, headers: Record<string, string> = {}): void => {
      const body = new TextEncoder().encode(text);
      response.writeHead(status, {
        "content-type": "text/plain; charset=utf-8",
        ...headers,
        "content-length": String(body.length),
        // A connection that stays open would keep the command from ending.
        connection: "close",
      });
      response.end(method === "HEAD" ? undefined : body);
    };
    if (url.split("?")[0] !== METRICS_PATH) return send(404, `There is only ${METRICS_PATH}\n`);
    if (method !== "GET" && method !== "HEAD") {
      return send(405, "Only GET and HEAD\n", { allow: "GET, HEAD" });
    }
    send(200, page.render(), { "content-type": page.type });
  });
  await listen(server, at);
  // Whoever is connected need not keep the process alive either.
  server.unref();
  return { [Symbol.asyncDispose]: () => close(server) };
}

function listen(server: Server, { host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(cannot(`serve metrics on ${formatEndpoint({ host, port })}`, error));
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
