/** What Prometheus would get from commands that run, over HTTP. */
import { connect } from "node:net";
import { test } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import { formatEndpoint } from "../../modules/core/units.ts";
import { type ReadFamily, readPrometheus } from "../support/prometheus.ts";
import { Programs } from "../support/program.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

function check(what: string, body: (programs: Programs) => Promise<void>): void {
  void test(what, { timeout: 30_000 }, async () => {
    const programs = new Programs();
    try {
      await body(programs);
    } finally {
      await programs.stop();
    }
  });
}

async function scrape(at: string): Promise<Map<string, ReadFamily>> {
  const response = await fetch(`http://${at}/metrics`);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const families = readPrometheus(await response.text());
  return new Map(families.map((family) => [family.name.replace("feedlab_", ""), family]));
}

const valueOf = (page: Map<string, ReadFamily>, name: string): number | undefined =>
  page.get(name)?.samples[0]?.value;

check("a listener's and a publisher's figures are served while they run", async (programs) => {
  const group = formatEndpoint(aLine().group);
  const [here, there, recovery] = [anAddress(), anAddress(), anAddress()].map(formatEndpoint);
  const protocol = `--protocol moldudp64 --group ${group} --recovery ${recovery}`;
  const listen = programs.start(`listen ${protocol} --metrics ${here} --decode`);
  await listen.ready();
  const feed = "--rate 100/s --messages 20 --drop seq:7 --heartbeat 100ms";
  const serve = programs.start(`serve ${protocol} --metrics ${there} ${feed} --quiet`);
  await listen.line(/^ {2}SEQ:20 /);
  const page = await scrape(here!);
  assertEquals(valueOf(page, "delivered_messages_total"), 20);
  assertEquals(valueOf(page, "line_lost_messages"), 1);
  assertEquals(valueOf(page, "recovery_requests_total"), 1);
  assertEquals(valueOf(await scrape(there!), "published_messages_total"), 20);

  const other = await fetch(`http://${here}/`);
  assertEquals(other.status, 404);
  await other.body?.cancel();
  const head = await fetch(`http://${here}/metrics`, { method: "HEAD" });
  assertEquals(head.status, 200);
  assertEquals(await head.text(), "");
  const post = await fetch(`http://${here}/metrics`, { method: "POST" });
  assertEquals(post.status, 405);
  await post.body?.cancel();

  // Who asks and never goes keeps nobody from ending.
  const { host, port } = { host: here!.split(":")[0]!, port: Number(here!.split(":")[1]) };
  const idle = connect(port, host);
  await new Promise((resolve) => idle.once("connect", resolve));
  idle.on("error", () => {});
  listen.interrupt();
  assertEquals((await listen.ended).code, 130);
  idle.destroy();
  assertEquals((await serve.ended).code, 0);
});

check("a port that is taken is told in one line, and ends the command", async (programs) => {
  const at = formatEndpoint(anAddress());
  const group = formatEndpoint(aLine().group);
  await programs.start(`listen --group ${group} --recovery none --metrics ${at}`).ready();
  for (const words of [`listen --group ${group}`, `serve --group ${group}`, "recover"]) {
    const { code, err, out } = await programs.run(`${words} --metrics ${at}`);
    assertEquals(code, 3);
    assertEquals(out, []);
    assertMatch(err.join("\n"), /^feedlab: Cannot serve metrics on 127\S+: the port is taken: .*$/);
  }
});
