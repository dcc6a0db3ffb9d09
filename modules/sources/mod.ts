/** Where messages come from. A new source is a file and a line here. */
import { price } from "./price.ts";

/** Every source, by the name that `source:` takes. */
export const sources = [price] as const;
