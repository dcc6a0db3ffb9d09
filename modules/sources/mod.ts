/** Where messages come from. A new source is a file and a line here. */
import { counter } from "./counter.ts";
import { itch } from "./itch.ts";
import { pcap } from "./pcap.ts";
import { price } from "./price.ts";
import type { SourceDefinition } from "./source.ts";
import { trades } from "./trades.ts";

/** Every source, by the name that `source:` takes. */
export const sources: readonly SourceDefinition<unknown>[] = [price, counter, trades, itch, pcap];
