import type { DeliverableEvent } from "../../events/event.ts";
import { type AnyValue, doubleValue, type KeyValue, keyValues } from "./any-value.ts";
import { limitAttributes } from "./limit-attributes.ts";

/** Loki refuses what is an hour behind the newest record of its stream; the rest is for the way there. */
const lateAfterMs = 45 * 60_000;

/** opentelemetry/proto/logs/v1/logs.proto; times are nanoseconds since 1970 as decimal text. */
export interface LogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

/** Whether an event happened so long before `now` (milliseconds) that a server may refuse its time. */
export const isLate = ({ occurred_at }: DeliverableEvent, now: number): boolean => now - Date.parse(occurred_at) > lateAfterMs;

/**
 * The record of an event. Nothing in it says who the visitor is: what was logged can't be deleted for one person.
 * @param restampedAt milliseconds that stand for the event's own time, which moves to an attribute
 */
export function logRecord(event: DeliverableEvent, restampedAt: number | undefined): LogRecord {
  const { kept, dropped } = limitAttributes([
    ...keyValues([
      ["event.name", event.event_name],
      // Sent twice, an event is stored twice: readers tell by its id.
      ["analytics.event_id", event.id],
      ...pageAttributes(event.page_url),
      ["analytics.page.title", event.page_title],
      ["analytics.page.referrer", withoutUser(event.referrer)],
    ]),
    ...revenueAttributes(event.revenue),
    ...(restampedAt === undefined
      ? []
      : keyValues([
          ["analytics.occurred_at", event.occurred_at],
          ["analytics.late", true],
        ])),
    ...keyValues(Object.entries(event.event_properties ?? {}).flatMap(([name, value]) => (name === "" ? [] : [[propKey(name), value]]))),
  ]);
  return {
    timeUnixNano: nanoseconds(restampedAt ?? Date.parse(event.occurred_at)),
    observedTimeUnixNano: nanoseconds(Date.parse(event.received_at)),
    severityNumber: 9,
    severityText: "INFO",
    body: { stringValue: event.event_name.toWellFormed() },
    attributes: kept,
    ...(dropped === 0 ? {} : { droppedAttributesCount: dropped }),
  };
}

const propKey = (name: string): string => `analytics.prop.${name}`;

/** A number of this size would lose its last digits. */
const nanoseconds = (milliseconds: number): string => `${milliseconds}000000`;

function revenueAttributes(revenue: DeliverableEvent["revenue"]): KeyValue[] {
  const amount = revenue === undefined ? undefined : doubleValue(revenue.amount);
  return revenue === undefined || amount === undefined
    ? []
    : [{ key: "analytics.revenue.amount", value: amount }, ...keyValues([["analytics.revenue.currency", revenue.currency]])];
}

/** `url.full` is an absolute URL by the semantic conventions; of a page that is a path only, its parts. */
function pageAttributes(pageUrl: string | undefined): [string, string | undefined][] {
  const isPath = pageUrl?.startsWith("/") === true && !pageUrl.startsWith("//");
  const path = isPath ? URL.parse(pageUrl, "http://none") : null;
  if (path === null) {
    return [[pageUrl !== undefined && URL.canParse(pageUrl) ? "url.full" : "url.original", withoutUser(pageUrl)]];
  }
  return [
    ["url.path", path.pathname],
    ["url.query", path.search.slice(1) || undefined],
    ["url.fragment", path.hash.slice(1) || undefined],
  ];
}

/** Names and passwords in URLs are not to be logged (semantic conventions, `url.full`). */
const withoutUser = (url: string | undefined): string | undefined =>
  url?.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#\\]*@/i, (_, scheme: string | undefined) => `${scheme ?? ""}//REDACTED:REDACTED@`);
