import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import type { DecodeFault, PacketCodec, PacketView } from "../../modules/codecs/codec.ts";
import { UserError } from "../../modules/core/errors.ts";
import { NEVER } from "../../modules/core/time.ts";
import { parseEndpoint } from "../../modules/core/units.ts";
import { pcap } from "../../modules/sources/pcap.ts";
import type { Source } from "../../modules/sources/source.ts";
import { openFile } from "../../modules/worlds/file.ts";
import {
  ethernet,
  ipPacket,
  join,
  LITTLE,
  memoryFile,
  pcapHeader,
  pcapRecord,
} from "../support/capture.ts";
import { numberedCodec } from "../support/numbered-codec.ts";
import { noRealData, realData } from "../support/real-data.ts";
import { fileDeps, messageOf, messagesOf } from "../support/recorded-sources.ts";

const A = "239.1.1.1:6000";
const B = "239.1.1.2:6000";

/** Nanoseconds since the hour, destination and text of a packet. */
type Packet = readonly [number, string, string];

function capture(packets: readonly Packet[]): Uint8Array {
  const utf8 = new TextEncoder();
  const records = packets.map(([at, to, text]) =>
    pcapRecord(LITTLE, 1_700_000_000, at, ethernet(ipPacket(utf8.encode(text), { to }))),
  );
  return join(pcapHeader(LITTLE, 0xa1b23c4d, 1), ...records);
}

function open(packets: readonly Packet[], groups?: readonly string[], first = 1): Source {
  const file = memoryFile("am.pcap", capture(packets));
  return pcap.create(
    { file: "am.pcap", group: groups?.map(parseEndpoint) },
    fileDeps(file, { first }),
  );
}

function refusal(packets: readonly Packet[], groups?: readonly string[]): string {
  return assertThrows(() => open(packets, groups), UserError).message;
}

function timingOf({ timing, messages }: Source): [number, boolean][] {
  return Array.from({ length: messages! }, (_, i) => [timing!.at(i), timing!.endsPacket!(i)]);
}

test("the file is an option by itself, or one of several", () => {
  assertEquals(pcap.options.parse("a.pcap"), { file: "a.pcap" });
  const group = { host: "239.1.1.1", port: 6000 };
  assertEquals(pcap.options.parse({ file: "a", group: A }), { file: "a", group: [group] });
  assertEquals(pcap.options.parse({ file: "a", group: [A] }), { file: "a", group: [group] });
  for (const wrong of ["", {}, { file: "a", group: [] }, { file: "a", group: "239.1.1.1" }]) {
    assert(!pcap.options.safeParse(wrong).success, JSON.stringify(wrong));
  }
});

test("messages, packets and times are as they were captured", () => {
  const source = open(
    [
      [1000, A, "Sx7|seven|eight"],
      [1500, A, "Sx9"],
      [2500, A, "Sx9||ten|eleven"],
    ],
    undefined,
    100,
  );
  assertEquals([source.first, source.session, source.messages], [7, "x", 5]);
  assertEquals(messagesOf(source, 100), ["seven", "eight", "", "ten", "eleven"]);
  assertEquals(timingOf(source), [
    [0, false],
    [0, true],
    [1500, false],
    [1500, false],
    [1500, true],
  ]);
  assertEquals(source.timing!.at(5), NEVER);
  assertEquals([messageOf(source, 99), messageOf(source, 105)], [undefined, undefined]);
  assertEquals([messageOf(source, 103), messageOf(source, 100)], ["ten", "seven"]);
});

test("of two lines the first copy counts, and one fills what the other lost", () => {
  const source = open(
    [
      [10, B, "Sx2|two|three"],
      [20, A, "Sx1|one"],
      [30, A, "Sx2|TWO|THREE"],
      [40, A, "Sx6|six"],
      [50, B, "Sx3|Three|four|five|SIX"],
      [60, B, "Sx7|seven"],
    ],
    [A, B],
  );
  assertEquals([source.first, source.messages], [1, 7]);
  assertEquals(messagesOf(source, 1), ["one", "two", "three", "four", "five", "six", "seven"]);
  // Number 1 came at 20 and is the first: nothing can come before it, though line B's did.
  assertEquals(timingOf(source), [
    [0, true],
    [0, false],
    [0, true],
    [30, false],
    [30, true],
    [30, true],
    [40, true],
  ]);
});

test("lines that are packed differently give every message once", () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 30 }),
      fc.infiniteStream(fc.boolean()),
      (a, b, coin) => {
        const total = Math.min(sum(a), sum(b));
        const waiting = [packed(a, A, total), packed(b, B, total)];
        const packets: Packet[] = [];
        for (let at = 0; waiting[0]!.length + waiting[1]!.length > 0; at++) {
          const line = waiting[coin.next().value ? 0 : 1]!;
          const next = line.shift();
          if (next !== undefined) packets.push([at, ...next]);
        }
        const source = open(packets, [A, B]);
        assertEquals([source.first, source.messages], [1, total]);
        assertEquals(
          messagesOf(source, 1),
          Array.from({ length: total }, (_, i) => `m${i + 1}`),
        );
        const timing = timingOf(source);
        assert(timing.every(([at], i) => i === 0 || at >= timing[i - 1]![0]));
        assert(timing.at(-1)![1]);
      },
    ),
  ));

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Messages 1 to `total`, so many in each packet. */
function packed(sizes: readonly number[], to: string, total: number): [string, string][] {
  const packets: [string, string][] = [];
  let seq = 1;
  for (const size of sizes) {
    const until = Math.min(seq + size, total + 1);
    if (until === seq) break;
    const messages = Array.from({ length: until - seq }, (_, i) => `m${seq + i}`);
    packets.push([to, `Sx${seq}|${messages.join("|")}`]);
    seq = until;
  }
  return packets;
}

test("packets that cannot be read are passed over", () => {
  const source = open([
    [1, A, "nonsense"],
    [2, A, "Sx1|one"],
    [3, A, ""],
    [4, A, "Sx2|two"],
  ]);
  assertEquals(messagesOf(source, 1), ["one", "two"]);
  assertEquals(timingOf(source), [
    [0, true],
    [2, true],
  ]);
});

test("a hole names the first numbers that are missing, and what was of no use", () => {
  const packets: Packet[] = [
    [1, A, "Sx1|one"],
    [2, A, "Sx5|five"],
    [3, A, "Sx6..."],
    [4, A, "Sx7|seven"],
  ];
  assertEquals(
    refusal(packets),
    'Cannot publish "am.pcap": it lacks 2..4, 6 (unread: 1 bad-message): give the other line\'s ' +
      "group as well, or cut the file before that",
  );
  const other: Packet[] = [
    [5, B, "Sx2|two|three"],
    [6, B, "Sx4|four"],
  ];
  assert(refusal([...packets, ...other], [A, B]).includes("it lacks 6 "));
});

test("one destination needs no name, several do", () => {
  const packets: Packet[] = [
    [1, A, "Sx1|one"],
    [2, B, "Sx1|one"],
    [3, B, "Sx2|two"],
  ];
  assertEquals(
    refusal(packets),
    'Cannot publish "am.pcap": its packets go to 2 destinations: name the lines of one feed with ' +
      "group: 239.1.1.2:6000 (2 packets), 239.1.1.1:6000 (1 packet)",
  );
  assertEquals(open(packets, [B]).messages, 2);
  assertEquals(open(packets, [A]).messages, 1);
  assertEquals(
    refusal(packets, [A, "239.1.1.3:6000"]),
    'Cannot publish "am.pcap": no packet in it goes to 239.1.1.3:6000: have 239.1.1.2:6000 ' +
      "(2 packets), 239.1.1.1:6000 (1 packet)",
  );
  const many = Array.from({ length: 12 }, (_, i): Packet => [i, `239.1.1.${i}:7`, "Sx1|one"]);
  assert(refusal(many).endsWith(" and 4 more"));
});

test("a capture without a readable packet says what is in it", () => {
  assertEquals(
    refusal([
      [1, A, "one"],
      [2, A, "two"],
      [3, A, "Sx4"],
    ]),
    'Cannot publish "am.pcap": none of its 3 packets has a message of this protocol (unread: 2 ' +
      "bad-message): name the protocol that was captured",
  );
  assert(refusal([]).includes("it has no UDP packet over IPv4"));
});

test("only one session can be published, and only from one beginning", () => {
  const sessions = refusal([
    [1, A, "Sx1|one"],
    [2, A, "Sy1|one"],
  ]);
  assert(sessions.includes('session "y" follows session "x" at offset '), sessions);
  const again: Packet[] = [
    [1, A, "Rx1"],
    [2, A, "Sx1|one|two"],
    [3, B, "Rx1"],
    [4, B, "Sx1|one|two"],
  ];
  assertEquals(open(again, [A, B]).messages, 2);
  const reset = refusal([...again, [5, A, "Rx1"]], [A, B]);
  assert(reset.includes("its numbers begin again after 2 at offset "), reset);
});

test("a message that does not fit is refused, not cut", () => {
  const source = open([[1, A, `Sx1|${"m".repeat(1473)}`]]);
  const error = assertThrows(() => source.write(1, new Uint8Array(2000), 0), UserError);
  assert(error.message.includes("its 1473 bytes fit into no packet of this feed"), error.message);
});

/** One message a packet, whose number stands in its first four bytes, as CME writes them. */
const leading: PacketCodec = {
  ...numberedCodec,
  messagesMax: 1,
  decode(bytes: Uint8Array, into: PacketView): DecodeFault | undefined {
    if (bytes.length < 12) return "truncated";
    into.bytes = bytes;
    into.kind = "data";
    into.session = "";
    into.seq = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    into.count = 1;
    into.repair = false;
    into.bounds[0] = 12;
    into.bounds[1] = bytes.length;
    return undefined;
  },
};

test("two real lines are one stream without a gap", { skip: noRealData }, () => {
  const file = openFile(realData("cme/mdp3-ab-10000-packets.pcapng"));
  const group = ["224.0.31.11:14320", "224.0.32.11:15320"].map(parseEndpoint);
  const deps = fileDeps(file, { packets: leading, first: 17_347_815 });
  const source = pcap.create({ file: file.name, group }, deps);
  assertEquals([source.first, source.messages], [17_347_815, 5000]);
  assertEquals(messagesOf(source, 17_347_815).length, 5000);
  const timing = timingOf(source);
  assert(timing.every(([at], i) => i === 0 || at >= timing[i - 1]![0]));
  assert(timing.every(([, ends]) => ends));
  const first = group.slice(0, 1);
  assertEquals(pcap.create({ file: file.name, group: first }, deps).messages, 5000);
  const alone = (): Source => pcap.create({ file: file.name }, deps);
  assert(assertThrows(alone, UserError).message.includes("go to 2 destinations"));
  file.close();
});
