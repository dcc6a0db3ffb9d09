/**
 * Packets without end for every codec: whole ones, spoilt ones and mere bytes. Run by hand:
 *
 *     bun tests/support/codec-soak.ts [packets] [seed]
 *
 * Each packet has a label of its own, so that the one that failed can be made again by itself.
 */
import process from "node:process";
import { createView } from "../../modules/codecs/codec.ts";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { createRng, type Rng } from "../../modules/core/rng.ts";
import { anyExchange, requestOf } from "./exchanges.ts";
import { faultOrWithin, readsAgain } from "./packet-laws.ts";
import { anyBytes, anyPacket, everyProtocol, everyRecovery, spoil } from "./packets.ts";

const MEBIBYTE = 2 ** 20;
const BYTES_MAX = 1600;
/** A dialogue may hold a packet, and that only once. */
const HELD_MEBIBYTES_MAX = 64;
const FLOOD_BYTES = 64 * MEBIBYTE;
const CHUNK_BYTES = 16 * 1024;

const [given = "1000000", seed = String(Math.floor(Math.random() * 2 ** 32)), only] =
  process.argv.slice(2);
const packets = Number(given);
console.log(`seed ${seed}, ${packets} packets each`);

for (const protocol of everyProtocol()) {
  const view = createView(protocol.packets.messagesMax);
  soak(protocol.name, (rng) => {
    const made = rng.chance(0.7) ? anyPacket(protocol, rng) : undefined;
    if (made === undefined) {
      faultOrWithin(protocol.packets, view, anyBytes(rng.below(BYTES_MAX), rng));
    } else if (rng.chance(0.3)) readsAgain(protocol.packets, view, made);
    else faultOrWithin(protocol.packets, view, spoil(made.bytes, rng));
  });
}

for (const { name, codec } of everyRecovery()) {
  soak(`recovery ${name}`, (rng) => {
    const { asked, replies } = anyExchange(name, codec, rng);
    talk(
      codec,
      [spoil(requestOf(codec, asked), rng)],
      replies.map((bytes) => spoil(bytes, rng)),
    );
  });
  flood(name, codec);
}

/** Runs one law over and over, and ends the program with the command for the first that fails. */
function soak(name: string, law: (rng: Rng) => void): void {
  // The first ones are what the runtime warms up on.
  const warm = Math.floor(packets / 10);
  let before = memory();
  const start = performance.now();
  for (let i = 0; i < packets; i++) {
    if (i === warm) before = memory();
    if (only !== undefined && only !== `${name} ${i}`) continue;
    try {
      law(createRng(`${seed}/${name} ${i}`));
    } catch (error) {
      console.log(`${name} ${i}:`, error);
      console.log(`bun tests/support/codec-soak.ts ${i + 1} ${seed} "${name} ${i}"`);
      process.exit(1);
    }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${name}: ${packets} in ${seconds} s, memory ${signed(memory() - before)} MiB since ${warm}`,
  );
}

/** Both sides of a connection, told these. */
function talk(
  codec: RecoveryCodec,
  requests: Iterable<Uint8Array>,
  answers: Iterable<Uint8Array>,
): void {
  const nobody = (): void => {};
  const sink = {
    message: nobody,
    accepted: nobody,
    refused: nobody,
    answered: nobody,
    reply: nobody,
    fault: nobody,
    request: nobody,
    repair: nobody,
    left: nobody,
    alive: nobody,
  };
  const server = codec.server(sink);
  for (const bytes of requests) server.push(bytes);
  server.end();
  const client = codec.client(sink);
  client.ask(1, { session: "", from: 1, until: 2 });
  for (const bytes of answers) client.push(bytes);
  client.end();
}

/** One connection that is sent nothing but garbage keeps no more of it than a packet. */
function flood(name: string, codec: RecoveryCodec): void {
  for (const [kind, fill] of [
    ["zeros", () => 0],
    ["letters", () => 0x78],
    ["ones", () => 0xff],
    ["chance", (rng: Rng) => rng.below(256)],
  ] as const) {
    const rng = createRng(`${seed}/flood ${name}`);
    const chunk = Uint8Array.from({ length: CHUNK_BYTES }, () => fill(rng));
    const before = memory();
    const flood = Array.from({ length: FLOOD_BYTES / CHUNK_BYTES }, () => chunk);
    talk(codec, flood, flood);
    const grown = memory() - before;
    console.log(`recovery ${name}: 64 MiB of ${kind}, memory ${signed(grown)} MiB`);
    if (grown > HELD_MEBIBYTES_MAX) {
      console.log("keeps what it is sent");
      process.exit(1);
    }
  }
}

function memory(): number {
  return process.memoryUsage().rss / MEBIBYTE;
}

function signed(mebibytes: number): string {
  return `${mebibytes < 0 ? "-" : "+"}${Math.abs(mebibytes).toFixed(1)}`;
}
