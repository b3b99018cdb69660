import type { ResendMessage } from "../../shared/delivery/resend-message.ts";
import type { MessageContext } from "../../shared/delivery/watch-message.ts";
import { type EventsMessage, eventsQueue } from "../../shared/events/events-message.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { readResend, requestResend } from "../../shared/resends/request-resend.ts";
import { perSecondDefault, type RedeliveryRequest, type ReplayRequest } from "../../shared/resends/resend.ts";
import { runResend } from "../../shared/resends/run-resend.ts";
import { type Tenant, tenantsPartition } from "../../shared/tenants/tenant.ts";
import { openDeliveryScene } from "./delivery-scene.ts";
import { silentLog } from "./embedded-store.ts";

const hour = 3_600_000;
const pace = { dry_run: false, per_second: perSecondDefault };

/** Redeliveries and replays over SQLite, under a clock that the test moves, one message at a time. */
export async function openResendScene() {
  const scene = openDeliveryScene();
  const { tenant, ports, clock } = scene;
  const created_at = new Date(clock.now()).toISOString();
  await scene.store.upsert("tenants", { ...tenant, pk: tenantsPartition, name: "Club", tier: "standard", created_at } satisfies Tenant);
  const step = (message: ResendMessage, over: Ports = ports, context: MessageContext = silentLog) => runResend(over)(message, context);
  /** The messages of steps that wait now. */
  const steps = async (): Promise<ResendMessage[]> => {
    const messages = await scene.queue.receive(eventsQueue, { max: 100, waitMs: 0 });
    await Promise.all(messages.map((message) => scene.queue.complete(message)));
    return messages.map(({ body }) => body as ResendMessage);
  };
  /** Runs every step until it is done; time moves on to when they are due. */
  const finish = async (id: string, type: "redelivery" | "replay"): Promise<Report> => {
    for (let round = 0; round < 1000; round++) {
      const report = (await readResend(ports)(tenant, type, id)) as unknown as Report;
      if (report.status === "done") {
        return report;
      }
      for (const message of await steps()) {
        await step(message);
      }
      await clock.jump(1_000);
    }
    throw new Error("it is never done");
  };
  const begin = {
    redelivery: (request: Partial<RedeliveryRequest>) =>
      requestResend(ports)(tenant, { type: "redelivery", request: { ...pace, ...request } }),
    replay: (request: Partial<ReplayRequest>) =>
      requestResend(ports)(tenant, { type: "replay", request: { ...pace, ...span(clock.now()), ...request } }),
  };
  /** Tries what waits, again and again, until nothing has come for longer than a retry waits. */
  const deliverAll = async () => {
    for (let idle = 0; idle < 20; ) {
      const messages = await scene.waiting();
      for (const message of messages) {
        await scene.dispatch(message);
      }
      idle = messages.length === 0 ? idle + 1 : 0;
      await clock.jump(messages.length === 0 ? hour : 1_000);
    }
  };
  /** The provider is down until everything that waits is a dead letter. */
  const breakDown = async () => {
    const { answer } = scene.scene;
    scene.scene.answer = () => ({ kind: "failure", reason: "connect-failed", sent: false });
    await deliverAll();
    scene.scene.answer = answer;
    scene.requests.length = 0;
  };
  return {
    ...scene,
    begin,
    step,
    steps,
    finish,
    deliverAll,
    redeliver: async (request: Partial<RedeliveryRequest>) => finish((await begin.redelivery(request)).id, "redelivery"),
    replay: async (request: Partial<ReplayRequest>) => finish((await begin.replay(request)).id, "replay"),
    /** Events that the provider did not take for longer than all retries; their one message. */
    deadLetters: async (...events: readonly object[]): Promise<EventsMessage> => {
      const posted = await scene.post(...events);
      await scene.fanOut(posted);
      await breakDown();
      return posted;
    },
    breakDown,
    /** Names of the events that the provider was sent, in order. */
    sentNames: () => scene.requests.flatMap(({ body }) => JSON.parse(body ?? "[]") as string[]),
    outcomes: async (posted: EventsMessage, config = "one") => {
      const delivery = await scene.delivery(posted, config);
      return posted.events.map(({ id }) => delivery?.events[id]?.outcome);
    },
  };
}

export interface Report {
  readonly id: string;
  readonly status: string;
  readonly counted: number;
  readonly redelivered?: number;
  readonly replayed?: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly errors: readonly unknown[];
}

/** All that was received in the last month. */
const span = (now: number) => ({
  config_id: "one",
  since: new Date(now - 30 * 24 * hour).toISOString(),
  until: new Date(now + 1).toISOString(),
  again: false,
});

export type ResendScene = Awaited<ReturnType<typeof openResendScene>>;
