import type { RunningExport } from "../adapters/telemetry/exporter.ts";
import { Meter } from "../adapters/telemetry/meter.ts";
import { plainSpan } from "../adapters/telemetry/plain-span.ts";
import { watchProcess } from "../adapters/telemetry/process-gauges.ts";
import { prometheusMediaType, prometheusText } from "../adapters/telemetry/prometheus-text.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import type { Telemetry } from "../ports/telemetry.ts";

export interface TelemetrySettings {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_SERVICE_NAME: string;
  readonly OTEL_TRACES_SAMPLER_ARG: number;
}

export interface OpenTelemetry extends Telemetry {
  /** Adds what the ports can say about themselves to the numbers. */
  watch(ports: Pick<Ports, "queueLevels">): void;
  /** Begins to export when an endpoint is set; until then, and without one, spans have ids and are not recorded. */
  start(): Promise<void>;
  /** The numbers for Prometheus. */
  readonly metrics: { readonly mediaType: string; readonly text: () => string };
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Traces and numbers of this process. The OpenTelemetry SDK is loaded by `start`, and only when there is somewhere to export to. */
export function openTelemetry(settings: TelemetrySettings, log: Log): OpenTelemetry {
  const meter = new Meter();
  const stopWatching = watchProcess(meter);
  let running: RunningExport | undefined;
  return {
    span: (name, start) => (running === undefined ? plainSpan(start) : running.span(name, start)),
    count: (name, labels, by) => meter.count(name, labels, by),
    observe: (name, labels, seconds) => meter.observe(name, labels, seconds),
    set: (name, labels, value) => meter.set(name, labels, value),
    watch: ({ queueLevels }) => {
      if (queueLevels !== undefined) {
        meter.beforeReading(() => setQueueGauges(meter, queueLevels));
      }
    },
    start: async () => {
      if (settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined) {
        const { startExport } = await import("../adapters/telemetry/exporter.ts");
        const { OTEL_SERVICE_NAME: serviceName, OTEL_TRACES_SAMPLER_ARG: share } = settings;
        running = startExport(meter, { serviceName, share }, log);
      }
    },
    metrics: { mediaType: prometheusMediaType, text: () => prometheusText(meter) },
    close: async () => {
      stopWatching();
      await running?.close();
    },
  };
}

function setQueueGauges(meter: Meter, queueLevels: NonNullable<Ports["queueLevels"]>): void {
  meter.clear("carreau_queue_messages");
  meter.clear("carreau_queue_oldest_seconds");
  for (const { queue, ready, scheduled, dead, oldestMs } of queueLevels()) {
    meter.set("carreau_queue_messages", { queue, state: "ready" }, ready);
    meter.set("carreau_queue_messages", { queue, state: "scheduled" }, scheduled);
    meter.set("carreau_queue_messages", { queue, state: "dead" }, dead);
    meter.set("carreau_queue_oldest_seconds", { queue }, oldestMs / 1000);
  }
}
