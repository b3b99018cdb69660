import { type HrTime, ValueType } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import { AggregationTemporality, DataPointType, type MetricData, type MetricProducer } from "@opentelemetry/sdk-metrics";
import { bucketBounds, type Instrument, type InstrumentName, instruments } from "../../ports/instruments.ts";
import type { Meter } from "./meter.ts";

/** Hands the meter's numbers to a reader of the OpenTelemetry SDK: the same ones that `/metrics` shows, under the same names. */
export function meterProducer(meter: Meter, resource: Resource): MetricProducer {
  const startTime = toHrTime(Date.now());
  return {
    collect: async () => {
      meter.collect();
      const endTime = toHrTime(Date.now());
      const metrics = (Object.entries(instruments) as [InstrumentName, Instrument][])
        .map(([name, instrument]) => metricData(meter, name, instrument, { startTime, endTime }))
        .filter(({ dataPoints }) => dataPoints.length > 0);
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: "carreau" }, metrics }] }, errors: [] };
    },
  };
}

function metricData(
  meter: Meter,
  name: InstrumentName,
  { kind, help, unit }: Instrument,
  times: { readonly startTime: HrTime; readonly endTime: HrTime },
): MetricData {
  const descriptor = { name, description: help, unit, valueType: ValueType.DOUBLE };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (kind === "histogram") {
    const dataPoints = meter.distributions(name).map(({ labels, value: { counts, sum, count } }) => ({
      ...times,
      attributes: { ...labels },
      value: { buckets: { boundaries: [...bucketBounds], counts: [...counts] }, sum, count },
    }));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = meter.numbers(name).map(({ labels, value }) => ({ ...times, attributes: { ...labels }, value }));
  return kind === "counter"
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

const toHrTime = (ms: number): HrTime => [Math.floor(ms / 1000), (ms % 1000) * 1e6];
