import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptEvents } from "../../../shared/events/accept-events.ts";
import { type EventsMessage, eventsQueue } from "../../../shared/events/events-message.ts";
import { formatTraceparent } from "../../../shared/ports/traceparent.ts";
import { openTestStore } from "../../support/embedded-store.ts";
import { batchOf } from "../../support/gateway-in-process.ts";

const tenant = { id: "tenant-a", event_shards: 1 };
const traceOf = (digit: string, sampled: boolean) => formatTraceparent({ traceId: digit.repeat(32), spanId: digit.repeat(16), sampled });

describe("the trace of posted events", () => {
  let store: ReturnType<typeof openTestStore>;
  beforeEach(() => {
    store = openTestStore();
  });
  afterEach(() => store.close());

  const messagesOf = async (...traces: (string | undefined)[]) => {
    const accept = acceptEvents(
      store,
      async () => undefined,
      async (_, events) => events,
    );
    const post = (traceparent: string | undefined) => accept(tenant, [{ event_name: "pageview" }], { ...batchOf(tenant.id), traceparent });
    await Promise.all(traces.map(post));
    const messages = await store.queue.receive(eventsQueue, { max: 100, waitMs: 0 });
    return messages.map(({ body }) => body as EventsMessage);
  };

  it("travels with the message of their batch", async () => {
    expect(await messagesOf(traceOf("a", false))).toMatchObject([{ traceparent: traceOf("a", false) }]);
  });

  it("of requests that came at the same moment goes on as one that is recorded, and the others that are recorded are linked", async () => {
    const messages = await messagesOf(traceOf("a", false), traceOf("b", true), traceOf("c", true), undefined);
    const together = messages.find(({ events }) => events.length > 1)!;
    const traces = messages.flatMap(({ traceparent, trace_links = [] }) => [traceparent, ...trace_links]);
    expect(traces).toEqual(expect.arrayContaining([traceOf("b", true), traceOf("c", true)]));
    expect(parseInt(together.traceparent!.slice(-2), 16)).toBe(1);
  });

  it("is nowhere in what is stored", async () => {
    const [message] = await messagesOf(traceOf("d", true));
    const stored = await Promise.all([
      store.store.get("deliveries", message!.pk, message!.batch_id),
      store.store.get("events", message!.pk, message!.batch_id),
    ]);
    expect(stored.every((document) => document !== undefined)).toBe(true);
    expect(JSON.stringify(stored)).not.toContain("d".repeat(16));
  });
});
