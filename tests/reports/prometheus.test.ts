import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { renderPrometheus } from "../../modules/reports/prometheus.ts";
import { readPrometheus } from "../support/prometheus.ts";

void test("the text as the format's documentation has it", () => {
  const text = renderPrometheus([
    {
      name: "http_requests_total",
      help: "The total number of HTTP requests.",
      type: "counter",
      samples: [
        { labels: { method: "post", code: "200" }, value: 1027 },
        { labels: { method: "post", code: "400" }, value: 3 },
      ],
    },
    {
      name: "msdos_file_access_time_seconds",
      help: "C:\\DIR\nand more",
      type: "gauge",
      samples: [{ labels: { path: "C:\\DIR\\FILE.TXT", error: 'no "FILE"\n' }, value: 1.5e9 }],
    },
    {
      name: "request_seconds",
      help: "How long.",
      type: "histogram",
      buckets: { bounds: [0.05, 0.1], counts: [24, 9, 3], sum: 5.25 },
    },
    { name: "nothing", help: "Has no value.", type: "gauge", samples: [] },
  ]);
  assertEquals(
    text,
    `# HELP feedlab_http_requests_total The total number of HTTP requests.
# TYPE feedlab_http_requests_total counter
feedlab_http_requests_total{method="post",code="200"} 1027
feedlab_http_requests_total{method="post",code="400"} 3
# HELP feedlab_msdos_file_access_time_seconds C:\\\\DIR\\nand more
# TYPE feedlab_msdos_file_access_time_seconds gauge
feedlab_msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="no \\"FILE\\"\\n"} 1500000000
# HELP feedlab_request_seconds How long.
# TYPE feedlab_request_seconds histogram
feedlab_request_seconds_bucket{le="0.05"} 24
feedlab_request_seconds_bucket{le="0.1"} 33
feedlab_request_seconds_bucket{le="+Inf"} 36
feedlab_request_seconds_sum 5.25
feedlab_request_seconds_count 36
`,
  );
  assertEquals(readPrometheus(text).length, 3);
});

void test("whatever is in a label or in the help, and whatever the value, is read as it was", () => {
  const word = fc.string({
    unit: fc.constantFrom("a", "\\", '"', "\n", "{", "}", ",", "=", " ", "é"),
  });
  fc.assert(
    fc.property(word, word, fc.double(), (label, help, value) => {
      const samples = [{ labels: { line: label }, value }];
      const text = renderPrometheus([{ name: "x", help, type: "gauge", samples }]);
      const [family] = readPrometheus(text);
      assertEquals(family?.help, help);
      assertEquals(family?.samples[0]?.labels, { line: label });
      // The format knows no zero with a sign.
      assertEquals(family?.samples[0]?.value, value === 0 ? 0 : value);
    }),
  );
});

void test("the reader refuses what a scrape would, or what breaks the conventions", () => {
  const head = "# HELP x_total X.\n# TYPE x_total counter\n";
  for (const wrong of [
    `${head}x_total 1`,
    `${head}x_total one\n`,
    `${head}x_total -1\n`,
    `${head}x_total 1\nx_total 2\n`,
    `${head}y_total 1\n`,
    `${head}x_total{line="a"b"} 1\n`,
    `${head}x_total{1="a"} 1\n`,
    "# TYPE x_total counter\nx_total 1\n",
    "# HELP x X.\n# TYPE x counter\nx 1\n",
    head,
    '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
  ]) {
    assertThrows(() => readPrometheus(wrong), Error);
  }
});
