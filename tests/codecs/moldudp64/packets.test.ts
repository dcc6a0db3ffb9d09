import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { createView } from "../../../modules/codecs/codec.ts";
import { moldPackets } from "../../../modules/codecs/moldudp64/packets.ts";
import { messagesIn } from "../../support/packet-laws.ts";
import { toHex } from "../../support/hex.ts";
import { missingData, realFiles, realPayloads } from "../../support/real-data.ts";

const FOLDER = "moldudp64/";
const captures = realFiles(FOLDER);
const skip = missingData(FOLDER);

const packets = moldPackets();
const view = createView(packets.messagesMax);

/** Lengths of ITCH 5.0 messages by their letter, as the specification has them. */
const ITCH: ReadonlyMap<string, number> = new Map(
  `S12 R39 H25 Y20 L26 V35 W12 K28 J35 h21 A36 F40 E31 C36 X23 D19 U35 P44 Q40 B19 I50 N20 O48`
    .split(" ")
    .map((entry) => [entry[0]!, Number(entry.slice(1))]),
);

test("real packets are read, and written again byte for byte", { skip }, () => {
  assert(captures.length >= 9, `${captures.length} captures`);
  for (const file of captures) {
    const datagrams = realPayloads(file);
    assert(datagrams.length > 0, file);
    for (const bytes of datagrams) {
      assertEquals(packets.decode(bytes, view), undefined, file);
      const { kind, session, seq } = view;
      const into = new Uint8Array(bytes.length);
      const writer = packets.writer();
      if (kind === "heartbeat") writer.heartbeat(into, session, seq, 0);
      else {
        writer.begin(into, session, seq, 0);
        for (const message of messagesIn(view)) assert(writer.add(message));
        assertEquals(writer.end(), bytes.length);
      }
      assertEquals(toHex(into), toHex(bytes), file);
    }
  }
});

test("the messages in real packets are as long as ITCH says", { skip }, () => {
  let count = 0;
  for (const file of captures) {
    for (const bytes of realPayloads(file)) {
      packets.decode(bytes, view);
      for (const message of messagesIn(view)) {
        assertEquals(message.length, ITCH.get(String.fromCharCode(message[0]!)), file);
        count++;
      }
    }
  }
  // By Wireshark's count: 1 and 38 in Multiple.Packets, one in each other file but the heartbeat's.
  assertEquals(count, 1 + 38 + captures.length - 2);
});

test("the real heartbeat is one, whatever pads its frame", { skip }, () => {
  const [bytes, ...more] = realPayloads(`${FOLDER}Heartbeat.pcap`);
  assertEquals(more, []);
  assertEquals(packets.decode(bytes!, view), undefined);
  assertEquals(packets.describe(view), "000008367I heartbeat, 383265 is next");
});
