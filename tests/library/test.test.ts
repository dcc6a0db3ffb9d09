import { feedlabTest } from "../../modules/library/test.ts";

feedlabTest("demo", { time: "virtual" });

feedlabTest(
  `feedlab: 1
name: a matrix is a test for each run
time: virtual
matrix: { loss: [1%, 5%], seed: 1..3 }
feed: { messages: 500, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - drop: { chance: "\${loss}" }
  - drop: { seq: 500 }
recovery: { listen: 127.0.0.1:7000 }
expect:
  - delivered >= 99%
`,
);
