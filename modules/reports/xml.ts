/** As much of XML as a report needs: elements, attributes, text. */

/** Attributes; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element with its children below it, indented; `depth` is how deep it stands itself. */
export function element(
  name: string,
  attributes: Attributes,
  children: readonly string[] = [],
  depth = 0,
): string {
  const indent = "  ".repeat(depth);
  const open = `${indent}<${name}${formatAttributes(attributes)}`;
  return children.length === 0
    ? `${open}/>`
    : [`${open}>`, ...children, `${indent}</${name}>`].join("\n");
}

/** An element with text in it, as it is. */
export function textElement(
  name: string,
  attributes: Attributes,
  text: string,
  depth: number,
): string {
  const open = `${"  ".repeat(depth)}<${name}${formatAttributes(attributes)}`;
  return text === "" ? `${open}/>` : `${open}>${escapeText(text)}</${name}>`;
}

function formatAttributes(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeAttribute(String(value))}"`)
    .join("");
}

function escapeText(text: string): string {
  return legal(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A parser makes spaces of line ends in attributes, unless they are written as numbers. */
function escapeAttribute(text: string): string {
  return escapeText(text)
    .replaceAll('"', "&quot;")
    .replaceAll(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** What no XML 1.0 document may hold, not even escaped, gives way to U+FFFD. */
function legal(text: string): string {
  return text.replaceAll(
    /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu,
    "\ufffd",
  );
}
