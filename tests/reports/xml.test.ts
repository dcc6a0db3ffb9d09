import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { element, textElement } from "../../modules/reports/xml.ts";

void test("an element, its attributes and its children", () => {
  assertEquals(element("a", { b: 1, c: undefined }), '<a b="1"/>');
  assertEquals(element("a", {}, [element("b", {}, [], 1)]), "<a>\n  <b/>\n</a>");
  assertEquals(
    textElement("a", {}, "x & y < z ]]> '\"", 1),
    "  <a>x &amp; y &lt; z ]]&gt; '\"</a>",
  );
  assertEquals(element("a", { b: "\"<&>'\t\r\n" }), '<a b="&quot;&lt;&amp;&gt;\'&#9;&#13;&#10;"/>');
});

void test("what no XML may hold gives way", () => {
  const text = "a\0b\u001bc\ud800d\ufffee\u{1f600}f";
  assertEquals(textElement("a", {}, text, 0), "<a>a\ufffdb\ufffdc\ufffdd\ufffde\u{1f600}f</a>");
});

void test("any text comes back out of an attribute", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-composite" }), (text) => {
      const [, value = ""] = /^<a b="([^"<>]*)"\/>$/.exec(element("a", { b: text })) ?? [];
      const entities: Record<string, string> = { quot: '"', lt: "<", gt: ">", amp: "&" };
      const back = value.replaceAll(/&(?:#(\d+)|(\w+));/g, (_all, code: string, name: string) =>
        code === undefined ? entities[name]! : String.fromCharCode(Number(code)),
      );
      assert(!value.includes("\n"));
      // oxlint-disable-next-line no-control-regex -- these are what XML cannot hold
      assertEquals(
        back,
        text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd"),
      );
    }),
  );
});
