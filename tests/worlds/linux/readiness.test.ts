import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { C, type LinuxCalls } from "../../../modules/worlds/linux/calls.ts";
import { Readiness } from "../../../modules/worlds/linux/readiness.ts";
import { fakeLinux } from "../../support/fake-linux.ts";

/** A thread that waits: the test says what became ready, and when it is over. */
function waiter(): {
  readonly wait: LinuxCalls["wait"];
  ready(tokens: readonly number[]): void;
  end(): void;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  let tell: (tokens: readonly number[]) => void = () => {};
  return {
    wait: (_epoll, ready) => {
      tell = ready;
      return promise;
    },
    ready: (tokens) => tell(tokens),
    end: resolve,
  };
}

test("each socket is told by its own number, and no more when its watch has ended", () => {
  const thread = waiter();
  const told: string[] = [];
  const readiness = new Readiness(fakeLinux({ wait: thread.wait }));
  const first = readiness.watch(10, () => told.push("first"));
  readiness.watch(11, () => told.push("second"));
  thread.ready([2]);
  thread.ready([1, 2]);
  first.end();
  // It was under way when the watch ended.
  thread.ready([1, 2]);
  first.again();
  assertEquals(told, ["second", "first", "second", "second"]);
});

test("the last watch that ends ends the thread, and leaves nothing open", async () => {
  const thread = waiter();
  const calls = fakeLinux({ wait: thread.wait });
  const readiness = new Readiness(calls);
  const [first, second] = [readiness.watch(10, () => {}), readiness.watch(11, () => {})];
  first.end();
  first.end();
  assertEquals(calls.open.size, 1);
  second.end();
  thread.end();
  await Promise.resolve();
  await Promise.resolve();
  assertEquals([...calls.open], []);
});

test("a socket that cannot be watched is refused, and leaves nothing open", async () => {
  const EPERM = 1;
  const calls = fakeLinux({
    epollControl: (_epoll, operation, fd) =>
      operation === C.EPOLL_CTL_ADD && fd === 10 ? -EPERM : 0,
  });
  const readiness = new Readiness(calls);
  assertThrows(() => readiness.watch(10, () => {}), Error, "EPERM");
  await Promise.resolve();
  await Promise.resolve();
  assertEquals([...calls.open], []);
});
