/** A login asks for everything from there on, of a source that never ends; the client soon leaves. */
import { connect } from "node:net";
import { test } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import { soupRecovery } from "../../modules/codecs/recovery/soupbintcp.ts";
import { clientOf } from "../support/dialogues.ts";
import { Programs } from "../support/program.ts";

const AT = { host: "127.0.0.1", port: 17_399 };

test("who leaves in the middle of an endless answer does not keep the server from ending", async () => {
  const programs = new Programs();
  try {
    const how = "--protocol moldudp64 --source trades --recovery-protocol soupbintcp";
    const server = programs.start(`recover ${how} --listen ${AT.host}:${AT.port} --duration 3s`);
    await server.ready();
    await new Promise<void>((resolve) => {
      const codec = soupRecovery.create(soupRecovery.options.parse({}), { epochMs: 0 });
      const socket = connect(AT);
      socket.on("connect", () => {
        socket.write(clientOf(codec).dialogue.ask(1, { session: "", from: 10, until: 13 }));
      });
      socket.on("data", () => socket.destroy());
      socket.on("error", () => {});
      socket.on("close", () => resolve());
    });
    const { code, out } = await server.ended;
    assertEquals(code, 0);
    assertMatch(out.join("\n"), /for 1 request/);
  } finally {
    await programs.stop();
  }
});
