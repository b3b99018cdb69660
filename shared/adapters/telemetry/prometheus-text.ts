import { bucketBounds, type Instrument, type InstrumentName, instruments } from "../../ports/instruments.ts";
import type { Distribution, Meter, Series } from "./meter.ts";

/** The media type of what `prometheusText` writes. */
export const prometheusMediaType = "text/plain; version=0.0.4; charset=utf-8";

/** All numbers in Prometheus' text format 0.0.4, gauges as they are now. An instrument that has seen nothing is left out. */
export function prometheusText(meter: Meter): string {
  meter.collect();
  const lines: string[] = [];
  for (const [key, { kind, help }] of Object.entries(instruments) as [InstrumentName, Instrument][]) {
    const samples =
      kind === "histogram"
        ? meter.distributions(key).flatMap((series) => histogramLines(key, series))
        : meter.numbers(key).map(({ labels, value }) => `${key}${labelText(labels)} ${value}`);
    if (samples.length > 0) {
      lines.push(`# HELP ${key} ${help}`, `# TYPE ${key} ${kind}`, ...samples);
    }
  }
  return `${lines.join("\n")}\n`;
}

function histogramLines(name: string, { labels, value: { counts, sum, count } }: Series<Distribution>): string[] {
  let below = 0;
  const buckets = bucketBounds.map((bound, at) => {
    below += counts[at]!;
    return `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${below}`;
  });
  const text = labelText(labels);
  return [
    ...buckets,
    `${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${count}`,
    `${name}_sum${text} ${sum}`,
    `${name}_count${text} ${count}`,
  ];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escapeValue = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
