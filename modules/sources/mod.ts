/** Where messages come from. A new source is a file and a line here. */
import { itch } from "./itch.ts";
import { pcap } from "./pcap.ts";
import { price } from "./price.ts";

/** Every source, by the name that `source:` takes. */
export const sources = [price, itch, pcap] as const;
