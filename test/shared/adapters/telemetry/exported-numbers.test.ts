import { emptyResource } from "@opentelemetry/resources";
import { describe, expect, it } from "vitest";
import { meterProducer } from "../../../../shared/adapters/telemetry/exported-numbers.ts";
import { Meter } from "../../../../shared/adapters/telemetry/meter.ts";
import { type Instrument, type InstrumentName, instruments } from "../../../../shared/ports/instruments.ts";

const all = Object.entries(instruments) as [InstrumentName, Instrument][];

/** The name that a metric gets in Prometheus (OpenTelemetry, "Prometheus and OpenMetrics Compatibility"). */
function prometheusName(name: string, unit: string, kind: Instrument["kind"]): string {
  const word = unit.startsWith("{") ? "" : ({ s: "seconds", By: "bytes", "1": kind === "gauge" ? "ratio" : "" }[unit] ?? unit);
  const words = name.split("_").filter((one) => one !== "total" && one !== word);
  return [...words, ...(word === "" ? [] : [word]), ...(kind === "counter" ? ["total"] : [])].join("_");
}

describe("exported numbers", () => {
  it("arrive under the names that /metrics shows", async () => {
    const meter = new Meter();
    for (const [name, { kind, labels }] of all) {
      const each = Object.fromEntries(labels.map((label) => [label, "any"])) as never;
      if (kind === "histogram") {
        meter.observe(name as never, each, 1);
      } else {
        meter.count(name as never, each);
      }
    }
    const { resourceMetrics } = await meterProducer(meter, emptyResource()).collect();
    const sent = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor));
    expect(sent.map(({ name, unit }) => prometheusName(name, unit, instruments[name as InstrumentName].kind))).toEqual(
      all.map(([name]) => name),
    );
  });
});
