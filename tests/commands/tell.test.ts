import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../modules/commands/main.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { TransportChoice, TransportPath, World } from "../../modules/worlds/world.ts";
import { FakeShell } from "../support/fake-shell.ts";

const PATH: TransportPath = { name: "portable", reason: "this is plan9, not Linux" };

/** A shell whose worlds have a choice of path. */
class ChoosingShell extends FakeShell {
  chosen: TransportChoice | undefined;

  override async openWorld(
    _time: "real" | "virtual" = "real",
    transport?: TransportChoice,
  ): Promise<World> {
    this.chosen = transport;
    const world = new SimWorld();
    const { transport: inner } = world;
    return {
      clock: world.clock,
      until: (done) => world.until(done),
      transport: {
        path: () => Promise.resolve(PATH),
        publish: (line, events) => inner.publish(line, events),
        subscribe: (line, receive) => inner.subscribe(line, receive),
        listen: (at, handler, over) => inner.listen(at, handler, over),
        connect: (to, handler, over) => inner.connect(to, handler, over),
      },
    };
  }
}

async function run(...words: string[]): Promise<ChoosingShell> {
  const shell = new ChoosingShell();
  await main(words, shell);
  return shell;
}

/** The events that a program reads. */
function events({ printed }: FakeShell): Record<string, unknown>[] {
  return printed.map((line) => JSON.parse(line) as Record<string, unknown>);
}

for (const words of [
  ["serve", "--messages", "3"],
  ["listen", "--recovery", "none", "--duration", "1s"],
]) {
  test(`${words[0]}: the path that was taken is told with --verbose, and to programs`, async () => {
    const silent = await run(...words);
    assertEquals(silent.chosen, "auto");
    assert(!silent.complained.includes("Transport"));
    const spoken = await run(...words, "--transport", "linux", "--verbose");
    assertEquals(spoken.chosen, "linux");
    assertStringIncludes(spoken.complained, "Transport portable: this is plan9, not Linux");
    const [ready] = events(await run(...words, "--output", "json")).filter(
      ({ event }) => event === "ready",
    );
    assertEquals([ready!["transport"], ready!["transportReason"]], [PATH.name, PATH.reason]);
  });
}

test("scenario run: the path is in the report, and with --verbose among the lines", async () => {
  const words = ["scenario", "run", "demo", "--time", "real", "--transport", "portable"];
  const { chosen, said, complained } = await run(...words, "--verbose");
  assertEquals(chosen, "portable");
  assertStringIncludes(complained, "Transport portable: this is plan9, not Linux");
  assertStringIncludes(said.replaceAll(/ +/g, " "), "transport portable: this is plan9, not Linux");
  const xml = await run(...words, "--report", "junit");
  assertStringIncludes(xml.said, 'name="transportReason" value="this is plan9, not Linux"');
});
