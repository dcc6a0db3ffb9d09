/**
 * What every transport must do, run against any world: it sees the World alone, and waits for
 * events, never for a duration.
 */
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import type { Endpoint } from "../../modules/core/units.ts";
import {
  type Connection,
  DATAGRAMS_PENDING_MAX,
  type LineAddress,
  type Sender,
  type Subscription,
  type World,
  WRITE_HELD_MAX,
} from "../../modules/worlds/world.ts";
import { batchOf, PacketRecorder, restOf, SenderRecorder } from "./packet-recorder.ts";
import { StreamRecorder } from "./stream-recorder.ts";

/** A test that has not ended by then has missed an event; it is no measure of speed. */
const WATCHDOG_MS = 4500;

/** Checks a transport. `openWorld` is called for each test; each uses ports and groups of its own. */
export function transportConformance(name: string, openWorld: () => World): void {
  const check = (what: string, body: (bench: Bench) => Promise<void>): void => {
    void test(`${name}: ${what}`, { timeout: WATCHDOG_MS }, async () => {
      const bench = new Bench(openWorld());
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });
  };
  multicast(check);
  streams(check);
  backPressure(check);
  datagrams(check);
  refusals(check);
  addresses(check);
}

type Check = (what: string, body: (bench: Bench) => Promise<void>) => void;

function multicast(check: Check): void {
  check("packets arrive whole and in order", async (bench) => {
    const line = aLine();
    const { received } = await bench.subscribe(line);
    const { sender, events } = await bench.publish(line);
    const texts = numbered(300).map((text, i) => text + "x".repeat(i % 100));
    await bench.sendAll(sender, events, texts);
    await bench.until(received.count(300));
    assertEquals(received.packets, texts);
    assertEquals(events.failures, []);
  });

  check("a sender that is always full does not keep the packets from arriving", async (bench) => {
    const line = aLine();
    const { received } = await bench.subscribe(line);
    const { sender, events } = await bench.publish(line);
    const texts = numbered(5000);
    await bench.sendAll(sender, events, texts);
    await bench.until(received.count(5000));
    assertEquals(received.packets, texts);
    assertEquals(events.failures, []);
  });

  check("an Ethernet-sized packet arrives whole", async (bench) => {
    const line = aLine();
    const { received } = await bench.subscribe(line);
    const { sender } = await bench.publish(line);
    const text = "0123456789abcdef".repeat(92);
    sender.send(batchOf([text]));
    await bench.until(received.count(1));
    assertEquals(received.packets, [text]);
  });

  check("a slab written over after send() does not change what was sent", async (bench) => {
    const line = aLine();
    const { received } = await bench.subscribe(line);
    const { sender } = await bench.publish(line);
    const texts = numbered(50);
    const batch = batchOf(texts);
    assertEquals(sender.send(batch), 50);
    batch.slab.fill(0);
    batch.ends.fill(0);
    await bench.until(received.count(50));
    assertEquals(received.packets, texts);
  });

  check("batches leave in the order they were sent in", async (bench) => {
    const line = aLine();
    const { received } = await bench.subscribe(line);
    const { sender } = await bench.publish(line);
    const texts = numbered(60);
    for (const text of texts) assertEquals(sender.send(batchOf([text])), 1);
    await bench.until(received.count(60));
    assertEquals(received.packets, texts);
  });

  check("closing a sender lets everything leave first", async (bench) => {
    const line = aLine();
    const { received } = await bench.subscribe(line);
    const { sender } = await bench.publish(line);
    const texts = numbered(100);
    assertEquals(sender.send(batchOf(texts)), 100);
    await bench.until(sender.close());
    await bench.until(received.count(100));
    assertEquals(received.packets, texts);
  });

  check("two subscriptions to one line both get everything", async (bench) => {
    const line = aLine();
    const first = await bench.subscribe(line);
    const second = await bench.subscribe(line);
    const { sender } = await bench.publish(line);
    const texts = numbered(20);
    sender.send(batchOf(texts));
    await bench.until(Promise.all([first.received.count(20), second.received.count(20)]));
    assertEquals(first.received.packets, texts);
    assertEquals(second.received.packets, texts);
  });

  check("closing one of two subscriptions leaves the other", async (bench) => {
    const line = aLine();
    const first = await bench.subscribe(line);
    const second = await bench.subscribe(line);
    const { sender } = await bench.publish(line);
    await bench.until(first.subscription.close());
    sender.send(batchOf(["only for the second"]));
    await bench.until(second.received.count(1));
    assertEquals(first.received.packets, []);
    assertEquals(second.received.packets, ["only for the second"]);
  });

  check("a subscription closed while it receives gets nothing more", async (bench) => {
    const line = aLine();
    const seen: string[] = [];
    let closing: Promise<void> | undefined;
    const leaver = await bench.open(
      bench.transport.subscribe(line, (bytes) => {
        seen.push(new TextDecoder().decode(bytes));
        closing = leaver.close();
      }),
    );
    const { received } = await bench.subscribe(line);
    const { sender } = await bench.publish(line);
    sender.send(batchOf(numbered(20)));
    await bench.until(received.count(20));
    assert(closing !== undefined);
    await bench.until(closing);
    assertEquals(seen, numbered(1));
  });

  check("who listens to one source hears no other", async (bench) => {
    const line = aLine();
    const all = await bench.subscribe(line);
    const other = await bench.subscribe({ ...line, source: "127.0.0.2" });
    const ours = await bench.subscribe({ ...line, source: "127.0.0.1" });
    const { sender } = await bench.publish(line);
    sender.send(batchOf(["one", "two"]));
    await bench.until(Promise.all([all.received.count(2), ours.received.count(2)]));
    await bench.until(ours.subscription.close());
    sender.send(batchOf(["three"]));
    await bench.until(all.received.count(3));
    await bench.roundTrip();
    assertEquals(ours.received.packets, ["one", "two"]);
    assertEquals(other.received.packets, []);
  });

  check("two groups on one port are kept apart", async (bench) => {
    const line = aLine();
    const other: LineAddress = { ...line, group: { ...aGroup(), port: line.group.port } };
    const here = await bench.subscribe(line);
    const there = await bench.subscribe(other);
    const toHere = await bench.publish(line);
    const toThere = await bench.publish(other);
    toHere.sender.send(batchOf(["a"]));
    await bench.until(here.received.count(1));
    toThere.sender.send(batchOf(["b"]));
    await bench.until(there.received.count(1));
    // What went astray would have come before this.
    toHere.sender.send(batchOf(["c"]));
    await bench.until(here.received.count(2));
    assertEquals(here.received.packets, ["a", "c"]);
    assertEquals(there.received.packets, ["b"]);
  });
}

function streams(check: Check): void {
  check("bytes go both ways, in order", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder({
      received: (connection, bytes) => connection.write(bytes),
      ended: (connection) => connection.end(),
    });
    await bench.open(bench.transport.listen(at, server));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client);
    const sent = numbered(500);
    await bench.until(client.had("opened"));
    for (const text of sent) connection.write(new TextEncoder().encode(text));
    const whole = sent.join("");
    await bench.until(client.when(() => client.text.length >= whole.length));
    connection.end();
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    assertEquals(server.text, whole);
    assertEquals(client.text, whole);
    assertEquals(client.connections, new Set([connection]));
    assertEquals(connection.peer, `${at.host}:${at.port}`);
  });

  check("what was written before the connection opened is sent", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder({ ended: (connection) => connection.end() });
    await bench.open(bench.transport.listen(at, server));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client);
    const bytes = new TextEncoder().encode("early");
    connection.write(bytes);
    bytes.fill(0);
    connection.end();
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    assertEquals(server.text, "early");
    assertEquals(client.story, ["opened", "ended", "closed"]);
  });

  check("an answer can follow the end of the question", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder({
      ended: (connection) => {
        connection.write(new TextEncoder().encode(`you said ${server.text}`));
        connection.end();
      },
    });
    await bench.open(bench.transport.listen(at, server));
    const client = new StreamRecorder({
      opened: (connection) => {
        connection.write(new TextEncoder().encode("hello"));
        connection.end();
      },
    });
    bench.transport.connect(at, client);
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    assertEquals(client.text, "you said hello");
    assertEquals(client.story, ["opened", "received", "ended", "closed"]);
    assertEquals(server.story, ["opened", "received", "ended", "closed"]);
  });

  check("a large answer to an ended question arrives whole", async (bench) => {
    const at = anAddress();
    const answer = "0123456789abcdef".repeat(65_536);
    const server = new StreamRecorder({
      ended: (connection) => {
        connection.write(new TextEncoder().encode(answer));
        connection.end();
      },
    });
    await bench.open(bench.transport.listen(at, server));
    const client = new StreamRecorder({ opened: (connection) => connection.end() });
    bench.transport.connect(at, client);
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    assert(client.text === answer, `${client.text.length} bytes of ${answer.length}`);
    assertEquals(client.story, ["opened", "received", "ended", "closed"]);
  });

  check("a connection that nobody accepts is refused", async (bench) => {
    const client = new StreamRecorder();
    let reason = "";
    const at = anAddress();
    const connection = bench.transport.connect(at, {
      opened: (connection) => client.opened(connection),
      received: (connection, bytes) => client.received(connection, bytes),
      ended: (connection) => client.ended(connection),
      closed: (connection, why) => {
        reason = why?.message ?? "";
        client.closed(connection, why);
      },
    });
    assertEquals(client.calls, []);
    await bench.until(client.had("closed"));
    await bench.roundTrip();
    assertEquals(client.story, ["closed: refused"]);
    assertEquals(client.connections, new Set([connection]));
    assertStringIncludes(reason, `Cannot connect to ${at.host}:${at.port}: `);
  });

  check("a connection destroyed before it opened closes without a reason", async (bench) => {
    const at = anAddress();
    await bench.open(bench.transport.listen(at, new StreamRecorder()));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client);
    connection.destroy();
    assertEquals(client.calls, []);
    await bench.until(client.had("closed"));
    connection.destroy();
    await bench.roundTrip();
    assertEquals(client.story, ["closed"]);
  });

  check("a refused connection destroyed before it knew closes without a reason", async (bench) => {
    const client = new StreamRecorder();
    bench.transport.connect(anAddress(), client).destroy();
    await bench.until(client.had("closed"));
    await bench.roundTrip();
    assertEquals(client.story, ["closed"]);
  });

  check("the client sees that the server dropped it", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder({ received: (connection) => connection.destroy() });
    await bench.open(bench.transport.listen(at, server));
    const client = new StreamRecorder({ ended: (connection) => connection.end() });
    const connection = bench.transport.connect(at, client);
    connection.write(new TextEncoder().encode("drop me"));
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    connection.write(new TextEncoder().encode("too late"));
    connection.end();
    await bench.roundTrip();
    assertEquals(server.story, ["opened", "received", "closed"]);
    // An end or a reset: which of them depends on what was under way.
    const ends = [
      ["opened", "ended", "closed"],
      ["opened", "closed: reset"],
    ].map(String);
    assert(ends.includes(String(client.story)), `the client saw ${String(client.story)}`);
  });

  check("nothing is received after a connection was destroyed", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder({
      opened: (connection) => {
        for (const text of numbered(100)) connection.write(new TextEncoder().encode(text));
        connection.end();
      },
    });
    await bench.open(bench.transport.listen(at, server));
    const client = new StreamRecorder({ received: (connection) => connection.destroy() });
    bench.transport.connect(at, client);
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    await bench.roundTrip();
    assertEquals(client.calls.filter(([name]) => name === "received").length, 1);
    assertEquals(client.story, ["opened", "received", "closed"]);
  });

  check("a listener that closes drops its connections and frees the port", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder();
    const listener = await bench.until(bench.transport.listen(at, server));
    const client = new StreamRecorder({ ended: (connection) => connection.end() });
    bench.transport.connect(at, client);
    await bench.until(Promise.all([client.had("opened"), server.had("opened")]));
    await bench.until(listener.close());
    assertEquals(server.story, ["opened", "closed"]);
    await bench.until(client.had("closed"));
    const late = new StreamRecorder();
    bench.transport.connect(at, late);
    await bench.until(late.had("closed"));
    assertEquals(late.story, ["closed: refused"]);
    await bench.open(bench.transport.listen(at, new StreamRecorder()));
  });
}

function backPressure(check: Check): void {
  check("a writer that waits when it is told to holds little, and all arrives", async (bench) => {
    const at = anAddress();
    const chunk = new Uint8Array(WRITE_HELD_MAX / 4).fill(0x61);
    const whole = 64 * WRITE_HELD_MAX;
    let written = 0;
    let waits = 0;
    const fill = (connection: Connection): void => {
      for (let burst = 0; written < whole;) {
        written += chunk.length;
        burst += chunk.length;
        const room = connection.write(chunk);
        assert(burst <= 2 * WRITE_HELD_MAX, "it is never told to wait");
        if (!room) {
          waits++;
          return;
        }
      }
      connection.end();
    };
    const server = new StreamRecorder({ opened: fill, drained: fill });
    await bench.open(bench.transport.listen(at, server));
    let received = 0;
    const client = new StreamRecorder();
    bench.transport.connect(at, {
      opened: (connection) => client.opened(connection),
      received: (_connection, bytes) => {
        received += bytes.length;
      },
      ended: (connection) => {
        client.ended(connection);
        connection.end();
      },
      closed: (connection, reason) => client.closed(connection, reason),
    });
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    assertEquals(received, whole);
    assert(waits > 0);
    assertEquals(client.story, ["opened", "ended", "closed"]);
  });

  check("a writer without end hears of a peer that has gone", async (bench) => {
    const at = anAddress();
    const chunk = new Uint8Array(WRITE_HELD_MAX / 4).fill(0x61);
    let gone = false;
    let since = 0;
    const fill = (connection: Connection): void => {
      while (connection.write(chunk)) since += gone ? chunk.length : 0;
      // So that it ends, when it would hear of nothing.
      if ((since += gone ? chunk.length : 0) > 1024 * WRITE_HELD_MAX) connection.destroy();
    };
    const server = new StreamRecorder({ opened: fill, drained: fill });
    await bench.open(bench.transport.listen(at, server));
    bench.transport.connect(at, {
      opened: () => {},
      received: (connection) => {
        gone = true;
        connection.destroy();
      },
      ended: () => {},
      closed: () => {},
    });
    await bench.until(server.had("closed"));
    // What both systems hold, and much more.
    assert(since <= 512 * WRITE_HELD_MAX, `${since} bytes for nobody`);
  });

  check("a connection that is finished never says that there is room", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder({
      opened: (connection) => {
        while (connection.write(new Uint8Array(WRITE_HELD_MAX / 4)));
        connection.end();
        assert(connection.write(new Uint8Array(1)), "nothing is taken, so nothing is to wait for");
      },
    });
    await bench.open(bench.transport.listen(at, server));
    const client = new StreamRecorder({ ended: (connection) => connection.end() });
    bench.transport.connect(at, client);
    await bench.until(Promise.all([client.had("closed"), server.had("closed")]));
    assertEquals(
      server.calls.map(([name]) => name),
      ["opened", "ended", "closed"],
    );
  });
}

const utf8 = new TextEncoder();

function addresses(check: Check): void {
  check("a receiver is told where a packet comes from", async (bench) => {
    const line = aLine();
    const { sender } = await bench.publish(line);
    const heard = Promise.withResolvers<Endpoint | undefined>();
    const told = (_bytes: Uint8Array, from?: Endpoint): void => heard.resolve(from);
    await bench.open(bench.transport.subscribe(line, told));
    sender.send(batchOf(["x"]));
    assertEquals(await bench.until(heard.promise), sender.from);
    assertEquals(sender.from?.host, "127.0.0.1");
  });

  for (const over of ["stream", "datagram"] as const) {
    check(`both ends know of both ends, over a ${over}`, async (bench) => {
      const at = anAddress();
      const ends: Record<string, Connection["ends"]> = {};
      const server = new StreamRecorder({
        opened: (connection) => void (ends["server"] = connection.ends),
      });
      await bench.open(bench.transport.listen(at, server, over));
      const client = new StreamRecorder({
        opened: (connection) => void (ends["client"] = connection.ends),
      });
      const connection = bench.transport.connect(at, client, over);
      connection.write(utf8.encode("x"));
      await bench.until(Promise.all([client.had("opened"), server.had("received")]));
      connection.destroy();
      assertEquals([ends["server"]!.local, ends["client"]!.remote], [at, at]);
      assertEquals(ends["client"]!.local.port, ends["server"]!.remote.port);
      assertEquals(ends["server"]!.remote.host, "127.0.0.1");
      assertEquals([...server.connections][0]!.peer, `127.0.0.1:${ends["client"]!.local.port}`);
    });
  }
}

function datagrams(check: Check): void {
  /** Answers each datagram with what `answers` makes of it, and ends. */
  const answering = (answers: (text: string) => string[]): StreamRecorder =>
    new StreamRecorder({
      received: (connection, bytes) => {
        for (const answer of answers(new TextDecoder().decode(bytes))) {
          connection.write(utf8.encode(answer));
        }
        connection.end();
      },
    });

  check("a datagram is a connection of its own, answered with datagrams", async (bench) => {
    const at = anAddress();
    const server = answering((text) => [`${text}1`, `${text}2`]);
    await bench.open(bench.transport.listen(at, server, "datagram"));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client, "datagram");
    assertEquals(client.calls, []);
    connection.write(utf8.encode("early "));
    await bench.until(client.had("opened"));
    connection.write(utf8.encode("late "));
    await bench.until(client.when(() => client.calls.length >= 5));
    connection.destroy();
    await bench.until(client.had("closed"));
    assertEquals(client.calls, [
      ["opened"],
      ["received", "early 1"],
      ["received", "early 2"],
      ["received", "late 1"],
      ["received", "late 2"],
      ["closed", ""],
    ]);
    assertEquals(connection.peer, `${at.host}:${at.port}`);
    await bench.until(server.when(() => server.calls.length === 6));
    assertEquals(server.connections.size, 2);
    assertEquals(server.text, "early late ");
  });

  check("datagrams stay whole and in order, each for itself", async (bench) => {
    const at = anAddress();
    const server = answering((text) => [text]);
    await bench.open(bench.transport.listen(at, server, "datagram"));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client, "datagram");
    const texts = numbered(100).map((text, i) => text + "x".repeat(14 * i));
    for (const text of texts) connection.write(utf8.encode(text));
    const whole = texts.join("");
    await bench.until(client.when(() => client.text.length >= whole.length));
    const received = client.calls.filter(([name]) => name === "received");
    assert(client.text === whole && received.length === 100, `${received.length} datagrams`);
    connection.destroy();
    await bench.until(client.had("closed"));
  });

  check("a client that has ended still hears the answer", async (bench) => {
    const at = anAddress();
    await bench.open(
      bench.transport.listen(
        at,
        answering((text) => [text]),
        "datagram",
      ),
    );
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client, "datagram");
    connection.write(utf8.encode("and then?"));
    connection.end();
    await bench.until(client.had("received"));
    connection.destroy();
    await bench.until(client.had("closed"));
    assertEquals(client.story, ["opened", "received", "closed"]);
  });

  check("bytes are lent, both ways", async (bench) => {
    const at = anAddress();
    const server = new StreamRecorder({
      received: (connection) => {
        const answer = utf8.encode("answer");
        connection.write(answer);
        answer.fill(0);
        connection.end();
      },
    });
    await bench.open(bench.transport.listen(at, server, "datagram"));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client, "datagram");
    const question = utf8.encode("question");
    connection.write(question);
    question.fill(0);
    await bench.until(client.had("received"));
    connection.destroy();
    await bench.until(client.had("closed"));
    assertEquals([server.text, client.text], ["question", "answer"]);
  });

  check("a listener of datagrams has so many in hand and no more", async (bench) => {
    const at = anAddress();
    const held: Connection[] = [];
    const server = new StreamRecorder({ received: (connection) => void held.push(connection) });
    const listener = await bench.until(bench.transport.listen(at, server, "datagram"));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client, "datagram");
    await bench.until(client.had("opened"));
    // A few at a time, so that none is lost on the way; more are not looked at.
    const few = 64;
    for (let sent = few; sent <= DATAGRAMS_PENDING_MAX; sent += few) {
      for (let i = 0; i < few; i++) connection.write(utf8.encode("x"));
      await bench.until(server.when(() => held.length >= sent - 1));
    }
    await bench.until(server.when(() => server.connections.size === DATAGRAMS_PENDING_MAX));
    connection.write(utf8.encode("too many"));
    held[0]!.end();
    held[1]!.end();
    const closed = (): number => server.calls.filter(([name]) => name === "closed").length;
    await bench.until(server.when(() => closed() === 2));
    // It may have come before there was room again, or after: then it was looked at.
    connection.write(utf8.encode("y"));
    await bench.until(server.when(() => server.text.endsWith("y")));
    assert(server.connections.size <= DATAGRAMS_PENDING_MAX + 2);
    await bench.until(listener.close());
    assertEquals(closed(), server.connections.size);
    connection.destroy();
    await bench.until(client.had("closed"));
  });

  check("a listener of datagrams that closes frees the port", async (bench) => {
    const at = anAddress();
    const listener = await bench.until(
      bench.transport.listen(at, new StreamRecorder(), "datagram"),
    );
    await bench.until(listener.close());
    await bench.until(listener.close());
    const server = answering((text) => [text]);
    await bench.open(bench.transport.listen(at, server, "datagram"));
    const client = new StreamRecorder();
    const connection = bench.transport.connect(at, client, "datagram");
    connection.write(utf8.encode("hello"));
    await bench.until(client.had("received"));
    connection.destroy();
    await bench.until(client.had("closed"));
  });

  check("destroyed before it opened: it closes without a reason", async (bench) => {
    const client = new StreamRecorder();
    const connection = bench.transport.connect(anAddress(), client, "datagram");
    connection.write(utf8.encode("nobody"));
    connection.destroy();
    assertEquals(client.calls, []);
    await bench.until(client.had("closed"));
    connection.destroy();
    await bench.roundTrip();
    assertEquals(client.story, ["closed"]);
  });

  check("a port can be had for streams and for datagrams at once", async (bench) => {
    const at = anAddress();
    await bench.open(bench.transport.listen(at, new StreamRecorder()));
    await bench.open(bench.transport.listen(at, new StreamRecorder(), "datagram"));
    const error = await bench.until(
      assertRejects(() => bench.transport.listen(at, new StreamRecorder(), "datagram"), UserError),
    );
    assertStringIncludes(
      error.message,
      `Cannot listen on ${at.host}:${at.port}: the port is taken`,
    );
  });
}

function refusals(check: Check): void {
  check("a port that is taken cannot be listened on", async (bench) => {
    const at = anAddress();
    await bench.open(bench.transport.listen(at, new StreamRecorder()));
    const error = await bench.until(
      assertRejects(() => bench.transport.listen(at, new StreamRecorder()), UserError),
    );
    assertEquals(error.kind, "environment");
    assertEquals(
      error.message,
      `Cannot listen on ${at.host}:${at.port}: the port is taken: ` +
        `stop the program that has it, or choose another port`,
    );
  });
}

/** A world, and what a test opened in it. */
class Bench {
  readonly transport: World["transport"];
  readonly #world: World;
  readonly #opened: { close(): Promise<void> }[] = [];

  constructor(world: World) {
    this.#world = world;
    this.transport = world.transport;
  }

  until<T>(done: Promise<T>): Promise<T> {
    return this.#world.until(done);
  }

  /** Waits for something to open; it is closed when the test ends. */
  async open<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> {
    const opened = await this.until(opening);
    this.#opened.push(opened);
    return opened;
  }

  async subscribe(
    line: LineAddress,
  ): Promise<{ subscription: Subscription; received: PacketRecorder }> {
    const received = new PacketRecorder();
    const subscription = await this.open(this.transport.subscribe(line, received.receive));
    return { subscription, received };
  }

  async publish(line: LineAddress): Promise<{ sender: Sender; events: SenderRecorder }> {
    const events = new SenderRecorder();
    const sender = await this.open(this.transport.publish(line, events));
    return { sender, events };
  }

  /** Sends all, waiting for room whenever the sender takes less than it is given. */
  async sendAll(sender: Sender, events: SenderRecorder, texts: readonly string[]): Promise<void> {
    const batch = batchOf(texts);
    for (let sent = 0; sent < texts.length;) {
      const room = events.room();
      sent += sender.send(restOf(batch, sent));
      if (sent < texts.length) await this.until(room);
    }
  }

  /** Long enough for a call that is under way, and should not be, to arrive: a whole connection. */
  async roundTrip(): Promise<void> {
    const at = anAddress();
    const server = new StreamRecorder({ ended: (connection) => connection.end() });
    const listener = await this.until(this.transport.listen(at, server));
    const client = new StreamRecorder({ opened: (connection) => connection.end() });
    this.transport.connect(at, client);
    await this.until(Promise.all([client.had("closed"), server.had("closed")]));
    await this.until(listener.close());
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.toReversed()) await this.until(opened.close());
  }
}

/** A line on the loopback interface that no other run is likely to use. */
export function aLine(): LineAddress {
  return { group: aGroup(), interface: "lo", ttl: 1 };
}

/** An address on this machine that nobody listens on, below the ports the system hands out. */
export function anAddress(): Endpoint {
  return { host: "127.0.0.1", port: between(10_000, 32_000) };
}

function aGroup(): Endpoint {
  return {
    host: `239.255.${between(0, 256)}.${between(1, 255)}`,
    port: between(10_000, 32_000),
  };
}

function between(from: number, until: number): number {
  return from + Math.floor(Math.random() * (until - from));
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}:`);
}
