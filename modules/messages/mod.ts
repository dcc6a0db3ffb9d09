/** What messages say. A format is a file and a line here; codecs name those that they carry. */
import { cqs } from "./cqs.ts";
import { cts } from "./cts.ts";
import { itch } from "./itch.ts";
import { text } from "./text.ts";
import { utp } from "./utp.ts";
import { xdp } from "./xdp.ts";

/** Every message format, by the name that `--decode` takes. */
export const messageFormats = [text, itch, utp, cts, cqs, xdp] as const;
