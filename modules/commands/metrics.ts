/** `--metrics`: the figures of a command, for Prometheus. */
import type { Endpoint } from "../core/units.ts";
import type { LineReceived, ListenerNode } from "../nodes/listener.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import type { Publishing } from "../scenario/publishing.ts";
import {
  type Buckets,
  type Family,
  PROMETHEUS_TYPE,
  renderPrometheus,
  type Sample,
} from "../reports/prometheus.ts";

/** The page of a command's figures. */
export interface Metrics extends AsyncDisposable {
  /** From now on the page tells these, anew each time that somebody asks. */
  show(families: () => readonly Family[]): void;
}

/**
 * Serves figures until it is closed; nothing where no place was given. Opened first of all, for a port
 * that is taken must leave nothing open.
 */
export async function openMetrics(at: Endpoint | undefined): Promise<Metrics> {
  let families: () => readonly Family[] = () => [];
  const show: Metrics["show"] = (given) => {
    families = given;
  };
  if (at === undefined) return { show, [Symbol.asyncDispose]: () => Promise.resolve() };
  // Loaded when it is wanted.
  const { serveMetrics } = await import("../worlds/metrics-http.ts");
  const render = (): string => renderPrometheus(families());
  const server = await serveMetrics(at, { type: PROMETHEUS_TYPE, render });
  return { show, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const counter = (name: string, help: string, value: number): Family => {
  return { name: `${name}_total`, help, type: "counter", samples: [{ value }] };
};

const gauge = (name: string, help: string, value: number | undefined): Family => {
  return { name, help, type: "gauge", samples: value === undefined ? [] : [{ value }] };
};

/** A family with a value for each line that has one. */
function byLine<L extends { readonly name: string }>(
  type: "counter" | "gauge",
  name: string,
  help: string,
  lines: readonly L[],
  value: (line: L) => number | undefined,
): Family {
  const samples = lines.flatMap((line): Sample[] => {
    const one = value(line);
    return one === undefined ? [] : [{ labels: { line: line.name }, value: one }];
  });
  return { name: type === "counter" ? `${name}_total` : name, help, type, samples };
}

/** What a listener tells besides its own counters. */
export interface Watched {
  /** The lines that say nothing now. */
  readonly silent: ReadonlySet<string>;
  /** From the gap to the message that recovery brought, in seconds. */
  readonly recoveryTimes: Buckets;
}

/** The figures of a listener. */
export function listenerFamilies(
  { lines, totals, next }: ListenerNode,
  { silent, recoveryTimes }: Watched,
): Family[] {
  const line = (
    name: string,
    help: string,
    value: (line: LineReceived) => number | undefined,
    type: "counter" | "gauge" = "counter",
  ): Family => byLine(type, `line_${name}`, help, lines, value);
  const { gaps, missing, filledByLine, filledByRecovery, lost } = totals;
  return [
    line("packets", "Packets that arrived on the line.", (l) => l.packets),
    line("messages", "Messages that arrived on the line, copies included.", (l) => l.messages),
    line("malformed_packets", "Packets that could not be used.", (l) => l.malformed),
    line("heartbeats", "Packets that only said which number is next.", (l) => l.heartbeats),
    line("first_messages", "Messages that this line brought first.", firstOf),
    line("duplicate_messages", "Messages that were known already.", (l) => l.duplicates),
    line("late_messages", "Messages that came after they were missing.", (l) => l.late),
    // Late copies mend it: it can go down again.
    line("lost_messages", "Messages that this line has not brought.", (l) => l.lost, "gauge"),
    line("silent", "1 while the line says nothing.", (l) => (silent.has(l.name) ? 1 : 0), "gauge"),
    line("silences", "Times that the line fell silent.", (l) => l.silences),
    line("receive_buffer_bytes", "What the system granted.", (l) => l.receiveBuffer, "gauge"),
    line("kernel_drops", "Packets that the system dropped unread.", (l) => l.kernelDrops),
    counter("delivered_messages", "Messages delivered, in order and once.", totals.delivered),
    gauge("next_sequence_number", "The number that is to be delivered next.", next),
    counter("gaps", "Times that messages were missing.", gaps),
    counter("missing_messages", "Messages that were in gaps.", missing),
    gauge("open_messages", "Messages in gaps that are still open.", openOf(totals)),
    {
      name: "filled_messages_total",
      help: "Messages in gaps that came after all, by what brought them.",
      type: "counter",
      samples: [
        { labels: { via: "line" }, value: filledByLine },
        { labels: { via: "recovery" }, value: filledByRecovery },
      ],
    },
    counter("lost_messages", "Messages in gaps that were given up.", lost),
    counter("recovery_requests", "Requests to the recovery server.", totals.requests),
    counter("recovery_retries", "Requests for what was asked for before.", totals.retries),
    counter("recovery_unreachable", "Times that no server could be reached.", totals.unreachable),
    counter("recovery_bytes", "Bytes that recovery servers sent.", totals.recoveryBytes),
    {
      name: "recovery_seconds",
      help: "From a gap to the messages that recovery brought.",
      type: "histogram",
      buckets: recoveryTimes,
    },
  ];
}

/** Messages of which the line brought the copy that was used. */
export function firstOf({ messages, duplicates }: LineReceived): number {
  return messages - duplicates;
}

/** Messages that are missing and may still come. */
export function openOf(totals: ListenerNode["totals"]): number {
  const { missing, filledByLine, filledByRecovery, lost } = totals;
  return missing - filledByLine - filledByRecovery - lost;
}

/** The figures of a publisher, and of the recovery server beside it. */
export function publisherFamilies(
  { lines, counts, first, next }: Publishing,
  server: RecoveryNode | undefined,
): Family[] {
  return [
    byLine("counter", "line_sent_packets", "Packets sent on the line.", lines, (l) => l.packets),
    byLine("counter", "line_sent_messages", "Messages sent on the line.", lines, (l) => l.messages),
    {
      name: "rule_hits_total",
      help: "Packets that a rule touched.",
      type: "counter",
      samples: counts.flatMap((rules, i) =>
        rules.map(({ name, hits }) => ({
          labels: { line: lines[i]!.name, rule: name },
          value: hits,
        })),
      ),
    },
    counter("published_messages", "Messages published.", next - first),
    gauge("next_sequence_number", "The number that the next message will get.", next),
    ...(server === undefined ? [] : serverFamilies(server)),
  ];
}

/** The figures of a recovery server. */
export function serverFamilies({
  requests,
  answered,
  refused,
  connections,
}: RecoveryNode): Family[] {
  return [
    counter("server_requests", "Requests that came.", requests),
    counter("server_answered_messages", "Messages sent in answer.", answered),
    counter("server_refused_connections", "Connections that were refused.", refused),
    gauge("server_connections", "Clients that are connected now.", connections),
  ];
}
