import * as z from "zod";

/** The path of a file. */
export const fileOption = (): z.ZodType<string> =>
  z.string().min(1, "is empty: write the name of a file");
