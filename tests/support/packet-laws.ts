/** What holds for each packet of any protocol; what does not, is thrown. */
import { assert, assertEquals } from "@std/assert";
import type { PacketCodec, PacketView } from "../../modules/codecs/codec.ts";
import type { MadePacket } from "./packets.ts";

/** What was written is what is read. */
export function readsAgain(codec: PacketCodec, view: PacketView, made: MadePacket): void {
  assert(made.tidy, "wrote outside of the buffer");
  assertEquals(codec.decode(made.bytes, view), undefined);
  const { kind, session, seq, count } = view;
  assertEquals(
    [kind, session, seq, count],
    [made.kind, made.session, made.seq, made.messages.length],
  );
  assertEquals(messagesIn(view), made.messages);
  inOneLine(codec, view);
}

/** Any bytes are a fault, or a packet whose parts lie within them. */
export function faultOrWithin(codec: PacketCodec, view: PacketView, bytes: Uint8Array): void {
  const before = bytes.slice();
  const fault = codec.decode(bytes, view);
  assertEquals(bytes, before, "decode changed the bytes");
  if (fault !== undefined) return;
  const { kind, session, seq, count, bounds } = view;
  assert(view.bytes === bytes, "another packet's bytes");
  assertEquals(session.length, codec.sessionBytes);
  assert(Number.isSafeInteger(seq) && seq >= 0, `number ${seq}`);
  if (kind === "data") {
    assert(count >= 1 && count <= codec.messagesMax, `${count} messages`);
    // The last number is safe too.
    assert(Number.isSafeInteger(seq + count - 1), `number ${seq + count - 1}`);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const [start, end] = [bounds[2 * i]!, bounds[2 * i + 1]!];
      assert(start >= at && end >= start && end <= bytes.length, `${start}..${end} after ${at}`);
      at = end;
    }
  } else if (kind !== "unavailable") assertEquals(count, 0);
  inOneLine(codec, view);
}

/** The messages of a packet. */
export function messagesIn({ kind, bytes, bounds, count }: PacketView): Uint8Array[] {
  return Array.from({ length: kind === "data" ? count : 0 }, (_, i) =>
    bytes.slice(bounds[2 * i], bounds[2 * i + 1]),
  );
}

function inOneLine(codec: PacketCodec, view: PacketView): void {
  const line = codec.describe(view);
  assert(/^[\x20-\x7e]+$/.test(line), `not one line: ${JSON.stringify(line)}`);
}
