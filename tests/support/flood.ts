/** Sends `count` datagrams of 1400 bytes to a group on loopback, then ends: `flood.ts GROUP PORT COUNT`. */
import { createSocket } from "node:dgram";
import process from "node:process";

const [group = "", port = "", count = ""] = process.argv.slice(2);
const socket = createSocket("udp4");
await new Promise<void>((resolve) => socket.bind(0, resolve));
socket.setMulticastInterface("127.0.0.1");
const packet = new Uint8Array(1400);
for (let i = 0; i < Number(count); i++) {
  await new Promise<void>((resolve) => socket.send(packet, Number(port), group, () => resolve()));
}
socket.close();
