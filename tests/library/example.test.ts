/** The library as its user writes it. The README quotes from here: keep the two alike. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  createFeed,
  createListener,
  formatProblems,
  judgeRun,
  loadScenario,
  openWorld,
  runScenario,
} from "feedlab";

test("a scenario, run and judged in virtual time", async () => {
  const text = `
feedlab: 1
name: every 5th is lost
feed: { messages: 22, interval: 500ms }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - drop: { every: 5 }
recovery: { listen: 127.0.0.1:7000 }
expect:
  - gaps.detected == 4
  - delivered == 100%
`;
  const { scenario, problems } = loadScenario(text, "every-5th.yaml");
  if (scenario === undefined) throw new Error(formatProblems(problems));

  // A run for each of its feeds, and each handler of them.
  const [run] = await runScenario(scenario, openWorld("virtual"), { seed: "7" });
  equal(run.delivered, 22);
  deepEqual(
    run.gaps.map(({ from }) => from),
    [5, 10, 15, 20],
  );
  equal(judgeRun([run], scenario).outcome, "pass");
});

test("a feed and a listener of your own", async () => {
  const world = openWorld("virtual"); // "real": multicast on the loopback interface
  const lines = { A: { group: "239.192.1.1:6000" } };
  const recovery = { listen: "127.0.0.1:7000" };
  const recovered: number[] = [];
  const last = Promise.withResolvers<void>();

  await using feed = await createFeed(
    { feed: { messages: 10, rate: "100/s" }, lines, recovery, impair: [{ drop: { seq: "4..5" } }] },
    { world },
  );
  await using listener = await createListener(
    { lines, recovery },
    {
      world,
      deliver: ({ seq, via }) => {
        if (via === "recovery") recovered.push(seq);
        if (seq === 10) last.resolve();
      },
    },
  );
  feed.start();
  await world.until(last.promise);
  deepEqual(recovered, [4, 5]);
  equal(listener.totals.lost, 0);
});
