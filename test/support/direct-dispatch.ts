import { randomUUID } from "node:crypto";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import { type Config, configSettings, storedSettings } from "../../shared/configs/config.ts";
import { type Delivery, deliveryId } from "../../shared/delivery/delivery.ts";
import { dispatchBatch } from "../../shared/delivery/dispatch-batch.ts";
import type { DispatchMessage } from "../../shared/delivery/messages.ts";
import type { DeliverableEvent } from "../../shared/events/event.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import type { ProviderDefinition } from "../../shared/providers/definition.ts";

const tenantId = "tenant-a";

/**
 * The dispatcher by itself, for one new config that points at a server with this base URL: what comes before it, and the question whether
 * visitors agreed, is taken as done. `own` are settings beside the example's.
 */
export async function openDirectDispatch(ports: Ports, definition: ProviderDefinition, baseUrl: string, own: object = {}) {
  const { exampleSettings } = await recordingEndpoints(definition.slug);
  const at = new Date(ports.clock.now()).toISOString();
  const config: Config = {
    ...storedSettings(configSettings(definition).parse({ ...exampleSettings(baseUrl), ...own }), definition),
    require_cookie_consent: false,
    id: `config-${randomUUID()}`,
    pk: tenantId,
    tenant_id: tenantId,
    provider: definition.slug,
    status: "active",
    status_history: [],
    created_at: at,
    updated_at: at,
  };
  await ports.store.upsert("configs", config);
  const agreed: ProviderDefinition = { ...definition, consent: { requiredByDefault: false, category: definition.consent.category } };
  const dispatch = dispatchBatch(ports, () => agreed);
  return {
    /** Stores the pending delivery of these events, which is what the dispatcher finds. */
    pending: async (events: readonly DeliverableEvent[]): Promise<DispatchMessage> => {
      const batchId = randomUUID();
      const head = {
        tenant_id: tenantId,
        batch_id: batchId,
        pk: tenantId,
        received_at: at,
        config_id: config.id,
        provider: definition.slug,
      };
      const delivery: Delivery = {
        ...head,
        id: deliveryId(batchId, config.id),
        type: "delivery",
        state: "pending",
        events: Object.fromEntries(events.map(({ id }) => [id, { outcome: "pending", attempts: [] }])),
        due_at: ports.clock.now(),
        ttl: 86_400,
      };
      await ports.store.create("deliveries", delivery);
      return { ...head, attempt: 0, events };
    },
    dispatch: (message: DispatchMessage, log: Log) => dispatch(message, log),
    delivery: async ({ pk, batch_id }: DispatchMessage) =>
      (await ports.store.get<Delivery>("deliveries", pk, deliveryId(batch_id, config.id)))!.document,
  };
}
