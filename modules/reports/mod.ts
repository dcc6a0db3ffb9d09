/** The forms that results can be shown in. A new one is a file and a line here. */
import { github } from "./github.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";
import { ndjson } from "./ndjson.ts";
import type { ReportDefinition } from "./report.ts";
import { text } from "./text.ts";

/** Every report, by the name that `--report` takes. */
export const reports: readonly ReportDefinition[] = [text, json, ndjson, junit, github, markdown];
