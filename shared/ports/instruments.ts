/** What is measured: a counter only grows, a gauge is what it is now, a histogram (seconds) sorts durations into buckets. */
export interface Instrument {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  /**
   * In UCUM, with what is counted in braces: those are left out of names. A receiver that speaks Prometheus appends `_ratio` to a gauge in `1`, so its
   * name has that already.
   */
  readonly unit: string;
  /** Each has few values, known before anybody asks: never an id of a tenant, config, event or visitor. */
  readonly labels: readonly string[];
}

/**
 * Every number the gateway keeps about itself: the one list that `/metrics`, the export and docs/observability.md share.
 * Names follow Prometheus' conventions: base units, counters end in `_total`.
 */
export const instruments = {
  carreau_http_requests_total: {
    kind: "counter",
    unit: "{request}",
    help: "Requests answered, by route template and status class",
    labels: ["method", "route", "status"],
  },
  carreau_http_request_duration_seconds: { kind: "histogram", unit: "s", help: "From request to answer", labels: ["method", "route"] },
  carreau_events_total: { kind: "counter", unit: "{event}", help: "Events posted: accepted, duplicate or rejected", labels: ["outcome"] },
  carreau_fan_out_duration_seconds: { kind: "histogram", unit: "s", help: "Spreading one batch over its configs", labels: [] },
  carreau_deliveries_total: {
    kind: "counter",
    unit: "{event}",
    help: "Events settled at a config, by their final outcome",
    labels: ["provider", "outcome"],
  },
  carreau_delivery_retries_total: {
    kind: "counter",
    unit: "{event}",
    help: "Events that wait for another attempt after a failed one",
    labels: ["provider"],
  },
  carreau_delivery_attempt_duration_seconds: {
    kind: "histogram",
    unit: "s",
    help: "One attempt to send a batch to a config, with its record",
    labels: ["provider"],
  },
  carreau_messages_put_off_total: {
    kind: "counter",
    unit: "{message}",
    help: "Messages that came back later without an attempt: breaker, turn, unfinished or unavailable",
    labels: ["queue", "why"],
  },
  carreau_provider_request_duration_seconds: {
    kind: "histogram",
    unit: "s",
    help: "One request to a provider, by the class of its answer or why there was none",
    labels: ["provider", "status"],
  },
  carreau_queue_delay_seconds: {
    kind: "histogram",
    unit: "s",
    help: "From when a message was due until its work began",
    labels: ["queue"],
  },
  carreau_queue_messages: {
    kind: "gauge",
    unit: "{message}",
    help: "Messages of a queue: ready (in work too), scheduled for later, or dead",
    labels: ["queue", "state"],
  },
  carreau_queue_oldest_seconds: {
    kind: "gauge",
    unit: "s",
    help: "How long the oldest ready message of a queue has been due",
    labels: ["queue"],
  },
  carreau_breaker_changes_total: {
    kind: "counter",
    unit: "{change}",
    help: "Times a config's breaker opened, or closed again",
    labels: ["provider", "to"],
  },
  carreau_books_checked_total: { kind: "counter", unit: "{hour}", help: "Hours of a config whose counters were added up", labels: [] },
  carreau_books_corrections_total: {
    kind: "counter",
    unit: "{counter}",
    help: "Counters that were set right from the documents they count",
    labels: [],
  },
  carreau_books_unbalanced_total: {
    kind: "counter",
    unit: "{hour}",
    help: "Hours of a config that did not add up, once per check",
    labels: [],
  },
  process_resident_memory_bytes: { kind: "gauge", unit: "By", help: "Memory of the process", labels: [] },
  process_heap_used_bytes: { kind: "gauge", unit: "By", help: "JavaScript heap in use", labels: [] },
  process_cpu_seconds_total: { kind: "counter", unit: "s", help: "CPU time of the process, user and system", labels: [] },
  process_start_time_seconds: { kind: "gauge", unit: "s", help: "When the process started, seconds since the epoch", labels: [] },
  process_event_loop_utilization_ratio: {
    kind: "gauge",
    unit: "1",
    help: "Share of time that the event loop was busy since the last reading",
    labels: [],
  },
  process_event_loop_delay_seconds: {
    kind: "gauge",
    unit: "s",
    help: "How late timers were at the 99th percentile since the last reading",
    labels: [],
  },
} as const satisfies Readonly<Record<string, Instrument>>;

type Instruments = typeof instruments;
export type InstrumentName = keyof Instruments;
export type NameOf<K extends Instrument["kind"]> = {
  [N in InstrumentName]: Instruments[N]["kind"] extends K ? N : never;
}[InstrumentName];

/** A value for each label of an instrument. */
export type LabelsOf<N extends InstrumentName> = Readonly<Record<Instruments[N]["labels"][number], string>>;

/** Upper bounds of the histograms' buckets, in seconds: from a local write to a provider that answers at its last moment. */
export const bucketBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;
