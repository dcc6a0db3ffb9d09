/**
 * A wire format for tests whose packets are said in words: `S1 5 a b` (messages 5 and 6 of session
 * S1), `S1 heartbeat 7`, `S1 end 7`, `S1 reset 1`, `S1 unavailable 3 2`. `-` is a session without a
 * name.
 */
import type { PacketCodec, PacketKind } from "../../modules/codecs/codec.ts";
import { demo } from "../../modules/codecs/demo.ts";
import type { Via } from "../../modules/protocol/arbiter.ts";
import { ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { ListenerNode, type ListenerOptions } from "../../modules/nodes/listener.ts";
import type { ListenerEvent } from "../../modules/core/events.ts";
import { MILLISECOND, type Nanos } from "../../modules/core/time.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import type { LineAddress, Sender } from "../../modules/worlds/world.ts";
import { batchOf } from "./packet-recorder.ts";

const KINDS: Readonly<Record<string, PacketKind>> = {
  heartbeat: "heartbeat",
  end: "end-of-session",
  reset: "reset",
  unavailable: "unavailable",
};

const latin1 = new TextDecoder("latin1");

/** The format. It is only read: nothing here writes it but people. */
export const spoken: PacketCodec = {
  messagesMax: 16,
  packetMax: 1472,
  firstSeq: 1,
  lastSeq: Number.MAX_SAFE_INTEGER - 1,
  heartbeats: true,
  sessionBytes: 10,
  messages: ["text"],
  decode(bytes, into) {
    const text = latin1.decode(bytes);
    const [session = "", what = "", ...rest] = text.split(" ");
    const kind = KINDS[what] ?? "data";
    const seq = Number(kind === "data" ? what : rest[0]);
    if (!Number.isSafeInteger(seq)) return "bad-number";
    into.bytes = bytes;
    into.kind = kind;
    into.session = session === "-" ? "" : session;
    into.seq = seq;
    into.count = kind === "data" ? rest.length : Number(rest[1] ?? 0);
    into.repair = false;
    let at = session.length + 1 + what.length;
    for (const [i, message] of (kind === "data" ? rest : []).entries()) {
      into.bounds[2 * i] = at + 1;
      into.bounds[2 * i + 1] = at + 1 + message.length;
      at += 1 + message.length;
    }
    return undefined;
  },
  writer() {
    throw new Error("nothing writes this format");
  },
  describe: ({ bytes }) => latin1.decode(bytes),
};

/** The address of a line, by its name. */
export function addressOf(line: string): LineAddress {
  const port = 6000 + line.charCodeAt(0);
  return { group: { host: "239.255.0.1", port }, interface: "lo", ttl: 1 };
}

/** A listener in a virtual world that hears what a test says to it. */
export class Hearing {
  readonly world = new SimWorld();
  readonly events: ListenerEvent[] = [];
  /** `1 a`, or `1 a by recovery`. */
  readonly delivered: string[] = [];
  listener!: ListenerNode;
  #senders = new Map<string, Sender>();

  static async open(lines: string, options: Partial<ListenerOptions> = {}): Promise<Hearing> {
    const bench = new Hearing();
    bench.listener = await ListenerNode.open(bench.world, {
      lines: lines.split("").map((name) => ({ name, address: addressOf(name) })),
      protocol: { packets: spoken, recovery: demo.create({}, { epochMs: 0 }).recovery },
      arbiter: ARBITER_DEFAULTS,
      recovery: undefined,
      deliver: (seq, bytes, start, end, via: Via) => {
        const text = latin1.decode(bytes.slice(start, end));
        bench.delivered.push(`${seq} ${text}${via === "line" ? "" : " by recovery"}`);
      },
      observe: (event) => void bench.events.push(event),
      observePackets: false,
      ...options,
    });
    return bench;
  }

  /** Says `A: S1 5 a b`, and so on, a millisecond apart. */
  async say(...packets: readonly string[]): Promise<void> {
    for (const packet of packets) {
      const [line = "", text = ""] = packet.split(": ");
      let sender = this.#senders.get(line);
      if (sender === undefined) {
        const events = { drained() {}, failed() {} };
        sender = await this.world.transport.publish(addressOf(line), events);
        this.#senders.set(line, sender);
      }
      sender.send(batchOf([text]));
      await this.pass(MILLISECOND);
    }
  }

  /** Lets time pass. */
  async pass(time: Nanos): Promise<void> {
    const { clock } = this.world;
    await this.world.until(
      new Promise<void>((resolve) => clock.at(clock.now() + time, () => resolve())),
    );
  }

  /** The events of these names, as `gap 3..4`, `malformed unknown-session`, `session-began S2 4`. */
  told(...names: readonly ListenerEvent["event"][]): string[] {
    return this.events
      .filter(({ event }) => names.includes(event))
      .map((event) => {
        const parts: (string | number)[] = [event.event];
        if ("line" in event && event.event !== "malformed") parts.push(event.line);
        if ("session" in event) parts.push(event.session);
        if ("fault" in event) parts.push(event.fault);
        if ("until" in event) parts.push(`${event.from}..${event.until - 1}`);
        else if ("from" in event) parts.push(event.from);
        return parts.join(" ");
      });
  }
}
