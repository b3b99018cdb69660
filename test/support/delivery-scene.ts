import { queueSettings } from "../../shared/composition/queue-settings.ts";
import type { Config } from "../../shared/configs/config.ts";
import { providerOfConfig } from "../../shared/configs/read-configs.ts";
import { type Delivery, deliveryId } from "../../shared/delivery/delivery.ts";
import { dispatchBatch } from "../../shared/delivery/dispatch-batch.ts";
import { fanOutEvents } from "../../shared/delivery/fan-out-events.ts";
import { type DispatchMessage, dispatchQueue } from "../../shared/delivery/messages.ts";
import { sweepOverdue } from "../../shared/delivery/sweep-overdue.ts";
import { acceptEvents } from "../../shared/events/accept-events.ts";
import type { EventBatch } from "../../shared/events/batch.ts";
import { type EventsMessage, eventsQueue } from "../../shared/events/events-message.ts";
import { hashVisitors } from "../../shared/events/hash-visitors.ts";
import { containers } from "../../shared/ports/containers.ts";
import type { Answer, Failure, OutgoingRequest } from "../../shared/ports/http-client.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { tenantsPartition } from "../../shared/tenants/tenant.ts";
import { readUsage, total } from "../../shared/usage/read-usage.ts";
import { saltOfDay } from "../../shared/visitors/salts.ts";
import { openTestStore, silentLog } from "./embedded-store.ts";
import { fakeProvider } from "./fake-provider.ts";
import { status } from "./gateway-in-process.ts";
import { noSignals } from "./no-signals.ts";

export const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** Delivery over SQLite, under a clock that the test moves, to a provider whose answers the test writes. */
export function openDeliveryScene() {
  const open = openTestStore(containers, queueSettings);
  const { store, queue, clock } = open;
  const tenant = { id: "tenant-a", event_shards: 3 };
  const requests: OutgoingRequest[] = [];
  const secretValues = new Map<string, string>();
  const scene = { provider: fakeProvider(), random: 1, answer: (_request: OutgoingRequest): Answer | Failure => status(200) };
  const http: Ports["http"] = {
    send: async (request) => {
      requests.push(request);
      return scene.answer(request);
    },
    checkTarget: async () => "ok",
    close: async () => undefined,
  };
  const secrets: Ports["secrets"] = {
    get: async (_tenant, name) => secretValues.get(name) ?? "not-found",
    getOwn: async () => "not-found",
    check: () => "ok",
  };
  const ports: Ports = { ...open, http, secrets, log: silentLog };
  const takeAll = async (from: string): Promise<unknown[]> => {
    const messages = await queue.receive(from, { max: 1000, waitMs: 0 });
    await Promise.all(messages.map((message) => queue.complete(message)));
    return messages.map(({ body }) => body);
  };
  const find = () => scene.provider;
  return {
    ...open,
    ports,
    tenant,
    requests,
    secretValues,
    scene,
    /** Stores a config of the fake provider, active unless told otherwise. */
    config: async (id: string, fields: Partial<Config> = {}): Promise<Config> => {
      const at = new Date(clock.now()).toISOString();
      const config: Config = {
        id,
        pk: tenant.id,
        tenant_id: tenant.id,
        provider: "acme",
        display_name: id,
        filter: null,
        late_after_seconds: null,
        allowed_domains: [],
        require_cookie_consent: false,
        consent_category: "analytics",
        drop_empty_user_agents: false,
        settings: { site: "a" },
        credentials: {},
        status: "active",
        status_history: [],
        created_at: at,
        updated_at: at,
        ...fields,
      };
      await store.upsert("configs", config);
      return config;
    },
    /** Accepts events that are good, of which each is a page view in a browser unless told otherwise; their one message. */
    post: async (...events: readonly object[]): Promise<EventsMessage> => {
      const facts = { tenantId: tenant.id, keyKind: "secret", clientAddress: undefined, userAgent: undefined, signals: noSignals } as const;
      const items = events.map((event) => ({ event_name: "pageview", user_agent: browser, ...event }));
      const accept = acceptEvents(open, providerOfConfig(open), hashVisitors(saltOfDay(ports)));
      await accept(tenant, items, { ...facts, idempotencyKey: undefined, isBatch: true });
      const [message] = (await takeAll(eventsQueue)) as EventsMessage[];
      return message!;
    },
    fanOut: (message: EventsMessage) => fanOutEvents(ports)(message, silentLog),
    /** What waits to be sent now. */
    waiting: async () => (await takeAll(dispatchQueue("acme"))) as DispatchMessage[],
    dispatch: (message: DispatchMessage, log = silentLog) => dispatchBatch(ports, find, () => scene.random)(message, log),
    /** Has the sweeper look for what is overdue. */
    sweep: async () => {
      await store.create("tenants", { ...tenant, pk: tenantsPartition });
      await sweepOverdue(ports)(silentLog);
    },
    batch: async ({ pk, batch_id }: EventsMessage) => (await store.get<EventBatch>("deliveries", pk, batch_id))!.document,
    delivery: async ({ pk, batch_id }: Pick<EventsMessage, "pk" | "batch_id">, config: string) =>
      (await store.get<Delivery>("deliveries", pk, deliveryId(batch_id, config)))?.document,
    counts: async (config: string) => {
      const { hours } = await readUsage(open)(tenant, config, { from: clock.now() - 30 * 86_400_000 });
      // How long deliveries take is none of the books, and a different number each time.
      return Object.fromEntries(Object.entries(total(hours.values())).filter(([name]) => !name.startsWith("latency_")));
    },
  };
}

export type DeliveryScene = ReturnType<typeof openDeliveryScene>;
