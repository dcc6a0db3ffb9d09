/** The keys of a rule below `impair:`. */
import * as z from "zod";
import { oneOf } from "../core/options.ts";
import { impairments } from "../impairments/mod.ts";

/** An impairment, with what it is called. */
export const rule = oneOf(impairments, "a rule", { name: z.string().min(1).optional() });
