import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { C, type LinuxCalls } from "../../../modules/worlds/linux/calls.ts";
import { LinuxPath, openLinuxPath } from "../../../modules/worlds/linux/path.ts";
import { fakeLinux } from "../../support/fake-linux.ts";

const MACHINE = { platform: "linux", arch: "x64", endianness: "LE" };

/** Why there is no path on a machine whose C library does so. */
async function missing(does: Partial<LinuxCalls>): Promise<string> {
  const calls = fakeLinux(does);
  const path = await openLinuxPath(() => Promise.resolve(calls), MACHINE);
  // Whatever was tried, nothing is left open.
  assertEquals([...calls.open], []);
  return path instanceof LinuxPath ? "nothing" : path;
}

/** A C library that refuses one option. */
function without(level: number, option: number, errno: number): Partial<LinuxCalls> {
  return { setsockopt: (_fd, at, of) => (at === level && of === option ? -errno : 0) };
}

test("another system, and a processor whose structures are not known, have none", async () => {
  const never = (): Promise<string> => Promise.reject(new Error("it was loaded"));
  const on = (machine: Partial<typeof MACHINE>): Promise<unknown> =>
    openLinuxPath(never, { ...MACHINE, ...machine });
  assertEquals(await on({ platform: "darwin" }), "this is darwin, not Linux");
  assertEquals(await on({ platform: "win32" }), "this is win32, not Linux");
  assertEquals(await on({ arch: "ia32" }), "its structures are not known on ia32");
  assertEquals(await on({ endianness: "BE" }), "its structures are not known on x64");
});

test("a runtime that has no calls says why, and one that throws does too", async () => {
  const without = await openLinuxPath(() => Promise.resolve("Deno is run without it"), MACHINE);
  assertEquals(without, "Deno is run without it");
  const broken = await openLinuxPath(() => Promise.reject(new Error("no such library")), MACHINE);
  assertEquals(broken, "no such library");
});

test("an older kernel is told by what it does not know", async () => {
  const ENOPROTOOPT = 92;
  assertEquals(
    await missing(without(C.SOL_UDP, C.UDP_SEGMENT, ENOPROTOOPT)),
    "this kernel knows no UDP_SEGMENT (ENOPROTOOPT)",
  );
  assertEquals(
    await missing(without(C.SOL_UDP, C.UDP_GRO, ENOPROTOOPT)),
    "this kernel knows no UDP_GRO (ENOPROTOOPT)",
  );
});

test("what is forbidden, or does not come, is told as well", async () => {
  const [EPERM, EAGAIN, EIO, ENOSYS] = [1, 11, 5, 38];
  assertStringIncludes(await missing({ socket: () => -EPERM }), "a socket cannot be had");
  assertStringIncludes(await missing({ epollCreate: () => -ENOSYS }), "ENOSYS");
  assertEquals(await missing({ sendmmsg: () => -EIO }), "a train cannot be sent (EIO)");
  assertEquals(
    await missing({ recvmmsg: () => -EAGAIN }),
    "what is sent to this machine does not come (EAGAIN)",
  );
  // Of a message nothing is written down, as if the structures were others.
  let came = 0;
  const empty = await missing({ recvmmsg: () => (came++ < 3 ? 1 : -EAGAIN) });
  assertEquals(empty, "what is sent to this machine does not come (EAGAIN)");
});
