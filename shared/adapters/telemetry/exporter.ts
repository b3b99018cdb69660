import { randomUUID } from "node:crypto";
import {
  type DiagLogger,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, type Resource, resourceAttributesEnvDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import description from "../../../package.json" with { type: "json" };
import type { Log } from "../../ports/log.ts";
import type { Span, SpanStart } from "../../ports/telemetry.ts";
import { formatTraceparent, parseTraceparent } from "../../ports/traceparent.ts";
import { meterProducer } from "./exported-numbers.ts";
import type { Meter } from "./meter.ts";
import { shareSampler } from "./share-sampler.ts";

export interface ExportSettings {
  readonly serviceName: string;
  /** The share of requests, and of other beginnings, whose traces are recorded: 0 to 1. */
  readonly share: number;
}

/** A receiver that is away must not keep the process from stopping. */
const closeMsMax = 3_000;

const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, client: SpanKind.CLIENT } as const;

/**
 * Exports spans and the meter's numbers by the OpenTelemetry protocol over HTTP. Where to, and with which headers, certificates and timeout, is read
 * by the exporters themselves from the standard variables OTEL_EXPORTER_OTLP_*. Spans go out every 5 seconds, numbers every minute.
 */
export function startExport(meter: Meter, { serviceName, share }: ExportSettings, log: Pick<Log, "warn">) {
  diag.setLogger(warningsOnly(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const resource = resourceOf(serviceName);
  const provider = new TracerProvider({
    resource,
    sampler: shareSampler(share),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const metricProducers = [meterProducer(meter, resource)];
  const readers = [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), metricProducers })];
  // It has no instruments of its own, yet a reader works only for one.
  const meters = new MeterProvider({ resource, readers });
  const tracer = provider.getTracer("carreau");
  return {
    span: (name: string, { kind, parent, links = [], facts = {} }: SpanStart): Span => {
      const from = contextOf(parent);
      const span = tracer.startSpan(
        name,
        { kind: kinds[kind], attributes: facts, links: links.flatMap((link) => contextOf(link) ?? []).map((context) => ({ context })) },
        from === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, from),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      return {
        traceId,
        traceparent: formatTraceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }),
        add: (more) => void span.setAttributes(more),
        end: (failure) => {
          if (failure !== undefined) {
            span.setAttribute("error.type", failure);
            span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          }
          span.end();
        },
      };
    },
    /** Sends what is left, and stops. */
    close: async (): Promise<void> => {
      let deadline: NodeJS.Timeout | undefined;
      const timeUp = new Promise<void>((resolve) => (deadline = setTimeout(resolve, closeMsMax)));
      await Promise.race([Promise.allSettled([provider.shutdown(), meters.shutdown()]), timeUp]);
      clearTimeout(deadline);
    },
  };
}

/**
 * Who speaks: each process for itself, since counters of several under one identity would overwrite each other. OTEL_RESOURCE_ATTRIBUTES may say
 * more, and say it otherwise, but for the service's name (OpenTelemetry's semantic conventions, "Service").
 */
function resourceOf(serviceName: string): Resource {
  return resourceFromAttributes({ "service.instance.id": randomUUID(), "service.version": description.version })
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(resourceFromAttributes({ "service.name": serviceName }));
}

/** That the exporters have trouble; their own words may quote addresses and headers, so the first is cut to what kind of trouble it is. */
function warningsOnly(log: Pick<Log, "warn">): DiagLogger {
  const warn = (message: string) =>
    log.warn({ event: "telemetry_export_failed", error: /\bE[A-Z]{3,}\b|\b[A-Z]\w*Error\b/.exec(message)?.[0] ?? "unknown" });
  const nothing = () => {};
  return { error: warn, warn, info: nothing, debug: nothing, verbose: nothing };
}

export type RunningExport = ReturnType<typeof startExport>;

function contextOf(traceparent: string | null | undefined): SpanContext | undefined {
  const place = parseTraceparent(traceparent);
  if (place === undefined) {
    return undefined;
  }
  const { traceId, spanId, sampled } = place;
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}
