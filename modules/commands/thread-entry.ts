/** The file that threads begin with. */
export function threadEntry(): URL {
  // The package has it beside all others, built.
  const built = !import.meta.url.endsWith(".ts");
  return built ? new URL(BUILT, import.meta.url) : new URL("./thread.ts", import.meta.url);
}

const BUILT = "./thread.js";
