/** `--decode`: what messages say, a line for each below the line of their packet. */
import type { PacketCodec } from "../codecs/codec.ts";
import { createView } from "../codecs/codec.ts";
import type { FeedEvent, Observe } from "../core/events.ts";
import type { Seq } from "../core/seq.ts";
import type { Clock } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import { describeMessage } from "../messages/guess.ts";
import { messageFormats } from "../messages/mod.ts";
import type { Shell } from "./shell.ts";
import type { Voice } from "./tell.ts";

/** Puts the bytes [start, end) into words. */
export type Describe = (bytes: Uint8Array, start: number, end: number) => string;

/** `auto` stands for what the protocol usually carries. */
export function describer(format: string, { messages }: PacketCodec): Describe {
  const names = format === "auto" ? messages : [format];
  const formats = names.flatMap((name) => {
    const definition = messageFormats.find((one) => one.name === name);
    return definition === undefined ? [] : [definition.create({})];
  });
  return (bytes, start, end) => describeMessage(formats, bytes, start, end);
}

/** Tells of one message. */
export type TellMessage = (seq: Seq, text: string, more?: { readonly via?: string }) => void;

/** Tells the shell of messages, in the way of `tell`. */
export function tellMessages(shell: Shell, voice: Voice, clock: Clock): TellMessage {
  if (voice.output === "json") {
    return (seq, text, more) =>
      shell.out(JSON.stringify({ event: "message", atNs: clock.now(), seq, ...more, text }));
  }
  return (seq, text) => shell.out(`  SEQ:${seq}  ${text}`);
}

/** Follows what a publisher sends, and tells of its messages once their packet has been told of. */
export function decodeSent(
  describe: Describe,
  codec: PacketCodec,
  told: Observe,
  tellMessage: TellMessage,
): { observe: Observe; left: (line: string, packet: PacketRef) => void } {
  const view = createView(codec.messagesMax);
  let packet: PacketRef | undefined;
  return {
    left: (_line, left) => void (packet = left),
    observe: (event: FeedEvent) => {
      told(event);
      if (event.event !== "sent" || packet === undefined) return;
      const { bytes, seq } = packet;
      packet = undefined;
      // What an impairment has damaged is no packet any more.
      if (codec.decode(bytes, view) !== undefined || view.kind !== "data") return;
      for (let i = 0; i < view.count; i++) {
        tellMessage(seq + i, describe(bytes, view.bounds[2 * i]!, view.bounds[2 * i + 1]!));
      }
    },
  };
}
