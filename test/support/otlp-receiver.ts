import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}
type Attributes = readonly { readonly key: string; readonly value: Value }[];

/** A span as it came over the wire (OTLP/HTTP with JSON). */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface DataPoint {
  readonly attributes: Attributes;
  readonly asDouble?: number;
  readonly asInt?: number;
  readonly count?: number;
}
interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly DataPoint[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
  readonly histogram?: { readonly dataPoints: readonly DataPoint[] };
}

/** Attributes by name. */
export const factsOf = ({ attributes }: { readonly attributes: Attributes }): Record<string, string | number | boolean | undefined> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue]),
  );

/** A server that takes traces and metrics as a collector does. */
export async function startOtlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const texts: string[] = [];
  const paths: string[] = [];
  const resources: Record<string, string | number | boolean | undefined>[] = [];
  const server = createServer(async (request, response) => {
    // biome-ignore lint/suspicious/noExplicitAny: JSON from outside
    const body = (await json(request).catch(() => undefined)) as any;
    if (body === undefined) {
      // The other side went away before it had said everything, or what it said is no JSON.
      response.writeHead(400).end();
      return;
    }
    paths.push(request.url ?? "");
    texts.push(JSON.stringify(body));
    resources.push(...[...(body.resourceSpans ?? []), ...(body.resourceMetrics ?? [])].map(({ resource }) => factsOf(resource)));
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      spans.push(...scopeSpans.flatMap((scope: { spans: ReceivedSpan[] }) => scope.spans));
    }
    for (const { scopeMetrics } of body.resourceMetrics ?? []) {
      metrics.push(...scopeMetrics.flatMap((scope: { metrics: ReceivedMetric[] }) => scope.metrics));
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    paths,
    /** Who spoke, once per message. */
    resources,
    /** Everything that came, as it came. */
    text: () => texts.join("\n"),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export type OtlpReceiver = Awaited<ReturnType<typeof startOtlpReceiver>>;
