/** Where messages come from. A new source is a file and a line here. */
import { counter } from "./counter.ts";
import { itch } from "./itch.ts";
import { pcap } from "./pcap.ts";
import { price } from "./price.ts";
import { trades } from "./trades.ts";

/** Every source, by the name that `source:` takes. */
export const sources = [price, counter, trades, itch, pcap] as const;
