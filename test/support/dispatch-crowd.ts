import { messagesInHand, queueSettings } from "../../shared/composition/queue-settings.ts";
import type { Config } from "../../shared/configs/config.ts";
import { type Delivery, deliveryId } from "../../shared/delivery/delivery.ts";
import { dispatchBatch } from "../../shared/delivery/dispatch-batch.ts";
import { type DispatchMessage, dispatchMessageId, dispatchQueue } from "../../shared/delivery/messages.ts";
import { QueuePump } from "../../shared/host/queue-pump.ts";
import { containers } from "../../shared/ports/containers.ts";
import type { Answer, Failure, OutgoingRequest } from "../../shared/ports/http-client.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { openTestStore, silentLog } from "./embedded-store.ts";
import { fakeProvider } from "./fake-provider.ts";
import { status } from "./gateway-in-process.ts";

/** How long a request takes and what it brings. */
export interface Served {
  readonly afterMs: number;
  readonly answer: Answer | Failure;
}

const quietTurns = 25;

/**
 * The pump of one provider's queue, with as many workers as hosts have, over SQLite, under a clock that stands still while anybody has
 * something to do: only providers take time. A request's `authorization` is its config's id, and its events are those of a message, or
 * one by one.
 */
export function openDispatchCrowd(
  serve: (config: string, request: OutgoingRequest) => Served = () => ({ afterMs: 0, answer: status(200) }),
  { oneByOne = false, random = (): number => 0.5 } = {},
) {
  const open = openTestStore(containers, queueSettings);
  const { store, queue, clock } = open;
  const sent: { readonly config: string; readonly at: number; readonly events: readonly string[] }[] = [];
  let steps = 0;
  const http: Ports["http"] = {
    send: async (request) => {
      const config = request.headers["authorization"]!;
      sent.push({ config, at: clock.now(), events: JSON.parse(request.body ?? "[]") as string[] });
      steps++;
      const { afterMs, answer } = serve(config, request);
      const isInTime = afterMs <= request.timeoutMs;
      await new Promise<void>((resolve) => clock.at(clock.now() + Math.min(afterMs, request.timeoutMs), resolve));
      steps++;
      return isInTime ? answer : { kind: "failure", reason: "timeout", sent: true };
    },
    checkTarget: async () => "ok",
    close: async () => undefined,
  };
  const secrets: Ports["secrets"] = { get: async (_tenant, name) => name, getOwn: async () => "not-found", check: () => "ok" };
  const ports: Ports = { ...open, http, secrets, log: silentLog };
  const provider = fakeProvider({ batches: !oneByOne, secretsToSend: ["token_ref"] });
  const dispatch = dispatchBatch(ports, () => provider, random);
  const newContext = () => ({ invocationId: "1", ...silentLog });
  let handled = 0;
  const handler = async (body: unknown) => {
    steps++;
    handled++;
    await dispatch(body as DispatchMessage, silentLog);
    steps++;
  };
  const options = { connection: "", queueName: dispatchQueue("acme"), cardinality: "one", handler } as const;
  const pump = new QueuePump(queue, clock, options, newContext, { concurrency: messagesInHand, lockMs: queueSettings.lockMs });
  const settle = async () => {
    for (let quiet = 0, seen = steps; quiet < quietTurns; quiet = seen === steps ? quiet + 1 : 0) {
      seen = steps;
      await clock.advance(0);
    }
  };
  let batches = 0;
  return {
    ...open,
    sent,
    /** Messages handed to the dispatcher, those put off too. */
    handled: () => handled,
    start: () => pump.start(),
    settle,
    /** Lets the time go by. */
    run: async (ms: number, stepMs = 250) => {
      for (let gone = 0; gone < ms; gone += stepMs) {
        await clock.advance(stepMs);
        await settle();
      }
    },
    config: async (tenant: string, id: string) => {
      const at = new Date(clock.now()).toISOString();
      const config = {
        ...{ id, pk: tenant, tenant_id: tenant, provider: "acme", display_name: id, filter: null, late_after_seconds: null },
        ...{ allowed_domains: [], require_cookie_consent: false, consent_category: "analytics", drop_empty_user_agents: false },
        ...{
          settings: { site: "a" },
          credentials: { token_ref: id },
          status: "active",
          status_history: [],
          created_at: at,
          updated_at: at,
        },
      } as Config;
      await store.upsert("configs", config);
    },
    readConfig: async (tenant: string, id: string) => (await store.get<Config>("configs", tenant, id))!.document,
    /** Queues messages of one tenant's config, of so many events each. */
    queueUp: async (tenant: string, config: string, messages: number, eventsEach = 1) => {
      const received_at = new Date(clock.now()).toISOString();
      const made = Array.from({ length: messages }, () => {
        const batch_id = `batch-${++batches}`;
        const names = Array.from({ length: eventsEach }, (_, at) => `${batch_id}-${at}`);
        const events = names.map((id) => ({ id, event_name: id, received_at, occurred_at: received_at }));
        const head = { tenant_id: tenant, batch_id, pk: tenant, received_at, config_id: config, provider: "acme" };
        const body: DispatchMessage = { ...head, attempt: 0, events };
        const pending = Object.fromEntries(names.map((id) => [id, { outcome: "pending", attempts: [] }] as const));
        const id = deliveryId(batch_id, config);
        const delivery: Delivery = { ...head, id, type: "delivery", state: "pending", events: pending, due_at: clock.now(), ttl: 86_400 };
        return { delivery, message: { queue: dispatchQueue("acme"), id: dispatchMessageId(body), body } };
      });
      await Promise.all(made.map(({ delivery }) => store.create("deliveries", delivery)));
      await queue.send(made.map(({ message }) => message));
      return made.map(({ delivery }) => delivery);
    },
    delivery: async ({ pk, id }: Delivery) => (await store.get<Delivery>("deliveries", pk, id))!.document,
    close: async () => {
      const stopped = pump.stop();
      await clock.advance(120_000);
      await stopped;
      await open.close();
    },
  };
}

export type DispatchCrowd = ReturnType<typeof openDispatchCrowd>;
