import packageJson from "../../../package.json" with { type: "json" };

/** What is worth knowing of a run later, besides the run. */
export function machineFacts(
  path: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const { versions, platform, arch } = process;
  const runtime = ["bun", "deno", "node"].find((name) => versions[name] !== undefined) ?? "node";
  return {
    feedlab: packageJson.version,
    runtime: `${runtime} ${versions[runtime] ?? ""}`.trim(),
    system: `${platform} ${arch}`,
    ...path,
    at: new Date().toISOString(),
  };
}
