import type { DeliverableEvent } from "../../events/event.ts";
import type { Mapping, ProviderConfig, ProviderRequest, Verdict } from "../definition.ts";
import { keyValues } from "./any-value.ts";
import { isLate, logRecord } from "./log-record.ts";
import { logsRequest } from "./logs-request.ts";
import { authorizationHeaders, type Settings } from "./settings.ts";

/** Of one request; servers' own limits are much higher, but not written down for each of them. */
const recordsMax = 500;
const recordBytesMax = 950_000;

interface Batch {
  readonly records: string[];
  readonly events: number[];
  bytes: number;
}

/**
 * As few requests as the limits allow, with late records in requests of their own: a server that refuses one record answers for all.
 * @param sentAt milliseconds by which lateness is told and late records are stamped; otherwise each event's arrival
 */
export function mapEvents(events: readonly DeliverableEvent[], { settings, secrets }: ProviderConfig<Settings>, sentAt?: number): Mapping {
  const authorization = authorizationHeaders(secrets);
  if (authorization === undefined) {
    return { requests: [], settled: events.map((_, event) => ({ event, verdict: noHeader })) };
  }
  const settled: { event: number; verdict: Verdict }[] = [];
  const timely: Batch[] = [];
  const late: Batch[] = [];
  for (const [index, event] of events.entries()) {
    if (event.event_name === "identify") {
      settled.push({ event: index, verdict: nobodyIsIdentified });
      continue;
    }
    const now = sentAt ?? Date.parse(event.received_at);
    const isRestamped = settings.restamp_late && isLate(event, now);
    add(isLate(event, now) ? late : timely, JSON.stringify(logRecord(event, isRestamped ? now : undefined)), index);
  }
  return { requests: [...timely, ...late].map((batch) => request(batch, settings, authorization)), settled };
}

const nobodyIsIdentified: Verdict = { verdict: "suppressed", reason: "filtered", detail: "records do not say who a visitor is" };
const noHeader: Verdict = { verdict: "rejected", reason: "the secret of authorization_ref is not the value of an Authorization header" };

function add(batches: Batch[], record: string, event: number): void {
  const bytes = Buffer.byteLength(record) + 1;
  const last = batches.at(-1);
  if (last !== undefined && last.records.length < recordsMax && last.bytes + bytes <= recordBytesMax) {
    last.records.push(record);
    last.events.push(event);
    last.bytes += bytes;
  } else {
    batches.push({ records: [record], events: [event], bytes });
  }
}

function request({ records, events }: Batch, settings: Settings, authorization: Readonly<Record<string, string>>): ProviderRequest {
  const resource = { attributes: keyValues(Object.entries({ "service.name": "analytics-gateway", ...settings.resource_attributes })) };
  const scope = { name: "analytics-gateway", version: "1.0.0" };
  const head = `{"resourceLogs":[{"resource":${JSON.stringify(resource)},"scopeLogs":[{"scope":${JSON.stringify(scope)},"logRecords":[`;
  return { ...logsRequest(settings, authorization, `${head}${records.join(",")}]}]}]}`), events };
}
