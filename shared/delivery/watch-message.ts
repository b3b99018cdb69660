import type { FunctionContext } from "../ports/function-host.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { Log } from "../ports/log.ts";
import type { Ports } from "../ports/ports.ts";
import { inSpan, noTelemetry, type Span, type Telemetry } from "../ports/telemetry.ts";
import { parseTraceparent, type TracedMessage } from "../ports/traceparent.ts";
import type { DispatchMessage } from "./messages.ts";
import { dispatchQueue } from "./messages.ts";

/** The log of an invocation, and when its message came due, where the host says so. */
export type MessageContext = Log & Pick<FunctionContext, "triggerMetadata">;

/** A message's work, with a log whose lines name its trace. */
export type MessageWork = (log: Log, span: Span) => Promise<void>;

type WatchPorts = Pick<Ports, "clock" | "telemetry">;

/**
 * Does the work of a message in a span that goes on from the message's trace. Each line that the work logs names the traces of the requests
 * that the message came from, and how long the message had waited (milliseconds).
 */
export async function watchMessage(
  { clock, telemetry = noTelemetry }: WatchPorts,
  queue: string,
  message: TracedMessage & { readonly tenant_id: string; readonly batch_id?: string },
  context: MessageContext,
  work: MessageWork,
): Promise<void> {
  const { traceparent: parent, trace_links: links, tenant_id, batch_id } = message;
  const dueAt = Date.parse(String(context.triggerMetadata?.["enqueuedTimeUtc"]));
  const queueDelayMs = Number.isNaN(dueAt) ? undefined : Math.max(0, clock.now() - dueAt);
  if (queueDelayMs !== undefined) {
    telemetry.observe("carreau_queue_delay_seconds", { queue }, queueDelayMs / 1000);
  }
  const facts = { "messaging.destination.name": queue, tenant_id, ...(batch_id === undefined ? {} : { batch_id }) };
  await inSpan(telemetry, `process ${queue}`, { kind: "consumer", parent, links, facts }, (span) => {
    const linked = (links ?? []).flatMap((link) => parseTraceparent(link)?.traceId ?? []);
    const more = {
      trace_id: span.traceId,
      ...(linked.length === 0 ? {} : { linked_trace_ids: linked }),
      ...(queueDelayMs === undefined ? {} : { queue_delay_ms: queueDelayMs }),
    };
    const add = (write: (fields: object) => void) => (fields: object) => write({ ...fields, ...more });
    return work({ info: add(context.info), warn: add(context.warn), error: add(context.error) }, span);
  });
}

/**
 * The dispatcher, watched: an attempt and each request of it have spans of their own. `dispatchWith` is called per message, with ports whose
 * requests belong to the message's span: it must keep nothing between two calls.
 */
export const watchDispatch =
  <P extends WatchPorts & Pick<Ports, "http">>(
    ports: P,
    dispatchWith: (ports: P) => (message: DispatchMessage, log: Log) => Promise<void>,
  ) =>
  async (message: DispatchMessage, context: MessageContext): Promise<void> => {
    const { telemetry, clock } = ports;
    if (telemetry === undefined) {
      return dispatchWith(ports)(message, context);
    }
    const { provider } = message;
    await watchMessage(ports, dispatchQueue(provider), message, context, (log, span) => {
      span.add({ provider, config_id: message.config_id, attempt: message.attempt });
      return dispatchWith({ ...ports, http: watchRequests(ports.http, clock, telemetry, provider, span) })(message, log);
    });
  };

/** Requests to a provider under an attempt's span. No trace header goes out with them: to a third party it would be an identifier. */
function watchRequests(http: HttpClient, clock: Ports["clock"], telemetry: Telemetry, provider: string, parent: Span): HttpClient {
  return {
    send: async (request) => {
      const startedAt = clock.now();
      const facts = { "http.request.method": request.method, provider };
      const span = telemetry.span(`${request.method} ${provider}`, { kind: "client", parent: parent.traceparent, facts });
      const outcome = await http.send(request);
      const status = outcome.kind === "answer" ? `${Math.floor(outcome.status / 100)}xx` : outcome.reason;
      telemetry.observe("carreau_provider_request_duration_seconds", { provider, status }, (clock.now() - startedAt) / 1000);
      if (outcome.kind === "answer") {
        span.add({ "http.response.status_code": outcome.status });
      }
      span.end(outcome.kind === "failure" || outcome.status >= 400 ? status : undefined);
      return outcome;
    },
    checkTarget: (url) => http.checkTarget(url),
    close: () => http.close(),
  };
}
