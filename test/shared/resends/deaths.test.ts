import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fanOut } from "../../../functions/queue/fan-out.ts";
import type { UseCases } from "../../../shared/composition/compose-use-cases.ts";
import type { Delivery, EventDelivery } from "../../../shared/delivery/delivery.ts";
import { eventsQueue } from "../../../shared/events/events-message.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { perSecondDefault } from "../../../shared/resends/resend.ts";
import { addCounts, hourOf } from "../../../shared/usage/hour-counters.ts";
import { openAzureTestPorts } from "../../support/azure-ports.ts";
import { silentLog } from "../../support/embedded-store.ts";
import { batchOf, newTenantInProcess, runQueuesOnce, status, useCasesOf, yesOfAnyProvider } from "../../support/gateway-in-process.ts";
import { type Fate, type MortalProcess, mortalProcess } from "../../support/mortal-process.ts";
import { deliveriesOf, expectBalanced } from "../../support/recount.ts";

const minute = 60_000;
const pace = { dry_run: false, per_second: perSecondDefault };
type Tenant = Awaited<ReturnType<typeof newTenantInProcess>>;

describe("sending again by a process that dies between two steps, on stores that share no transaction", () => {
  let open: Awaited<ReturnType<typeof openAzureTestPorts>>;
  let sound: UseCases;
  let requests = 0;
  beforeAll(async () => {
    const send = async () => {
      requests++;
      return status(202, yesOfAnyProvider);
    };
    open = await openAzureTestPorts({ send, checkTarget: async () => "ok", close: async () => undefined });
    sound = useCasesOf(open.ports);
  });
  afterAll(() => open.close());

  const mortalPorts = (process: MortalProcess): Ports => {
    const store = process.wrap(open.ports.store, "store");
    const queue = process.wrap(open.ports.queue, "queue");
    return { ...open.ports, store, queue, outbox: open.outboxOver(store, queue) };
  };

  /** A tenant's events in two batches, of which every delivery is a dead letter of nine attempts. */
  const deadLetters = async () => {
    const tenant = await newTenantInProcess(sound, 1);
    const ids = new Set<string>();
    for (const names of [["a", "b"], ["c"]]) {
      const events = names.map((event_name) => ({ event_name, page_url: "https://a.example/" }));
      for (const { id } of (await sound.acceptEvents(tenant, events, batchOf(tenant.id))).results) {
        ids.add(id!);
      }
    }
    const isFannedOut = async () => (await deliveriesOf(open.ports, tenant)).length === 2;
    for (let round = 0; !(await isFannedOut()); round++) {
      expect(round).toBeLessThan(10);
      await runQueuesOnce(open.ports, { ...sound, dispatchBatch: async () => undefined });
    }
    const at = new Date(open.ports.clock.now()).toISOString();
    for (const delivery of await deliveriesOf(open.ports, tenant)) {
      const attempts = Array.from({ length: 9 }, () => ({ at, duration_ms: 1, status: 500 }));
      const dead: EventDelivery = { outcome: "dead_lettered", reason: "status 500", attempts, dead_lettered_at: at };
      const events = Object.fromEntries(Object.keys(delivery.events).map((id) => [id, dead]));
      const after: Delivery = { ...delivery, events, state: "dead_lettered", due_at: null, dead_at: Date.parse(at) };
      const moved = Object.keys(events).length;
      const counts = { pending: -moved, dead_lettered: moved };
      await open.ports.store.batch("deliveries", delivery.pk, [
        { type: "upsert", document: after },
        addCounts(delivery.pk, delivery.config_id, hourOf(delivery.received_at), counts),
      ]);
    }
    await expectBalanced(open.ports, sound, tenant, ids, true);
    requests = 0;
    return { tenant, ids };
  };

  /** Runs the messages of steps in the process that may die; they come again when it did. */
  const runSteps = async (use: UseCases, process: MortalProcess): Promise<number> => {
    const messages = await open.ports.queue.receive(eventsQueue, { max: 10, waitMs: 0 });
    for (const message of messages) {
      const context = { invocationId: message.id, ...silentLog };
      const isHandled = await fanOut(use)
        .handler(message.body, context)
        .then(
          () => !process.isDead,
          () => false,
        );
      process.restart();
      await (isHandled ? open.ports.queue.complete(message) : open.ports.queue.abandon(message));
    }
    return messages.length;
  };

  const finish = async (tenant: Tenant, ids: ReadonlySet<string>, id: string, type: "redelivery" | "replay", process: MortalProcess) => {
    const use = useCasesOf(mortalPorts(process));
    const isDone = async () =>
      (await sound.readResend(tenant, type, id)).status === "done" &&
      (await deliveriesOf(open.ports, tenant)).every(({ state }) => state === "delivered");
    for (let round = 0; !(await isDone()); round++) {
      expect(round).toBeLessThan(60);
      const steps = await runSteps(use, process);
      await expectBalanced(open.ports, sound, tenant, ids, false);
      if (steps + (steps === 0 ? await runQueuesOnce(open.ports, sound) : 0) === 0) {
        await open.advance(3 * minute);
        await sound.sweepOverdue(silentLog);
      }
    }
    await expectBalanced(open.ports, sound, tenant, ids, true);
    return sound.readResend(tenant, type, id);
  };

  /** All of them go again, with this fate. */
  const redeliver = async (fateOf: (step: string) => Fate) => {
    const { tenant, ids } = await deadLetters();
    const { id } = await sound.requestResend(tenant, { type: "redelivery", request: { ...pace, all: true } });
    const report = await finish(tenant, ids, id, "redelivery", mortalProcess(fateOf));
    expect(report).toMatchObject({ counted: 3, redelivered: 3, skipped: {}, errors: [] });
    return requests;
  };

  const replay = async (fateOf: (step: string) => Fate) => {
    const { tenant, ids } = await deadLetters();
    const now = open.ports.clock.now();
    const span = { since: new Date(now - 86_400_000).toISOString(), until: new Date(now + 60_000).toISOString() };
    const request = { ...pace, ...span, config_id: tenant.configs[0]!, again: false };
    const { id } = await sound.requestResend(tenant, { type: "replay", request });
    const report = await finish(tenant, ids, id, "replay", mortalProcess(fateOf));
    expect(report).toMatchObject({ counted: 3, replayed: 3, skipped: {}, errors: [] });
    return requests;
  };

  it.each([
    ["a redelivery", redeliver],
    ["a replay", replay],
  ])("sends everything once and keeps the books, wherever it died: %s", async (_name, run) => {
    const steps: string[] = [];
    const requestsOfOneRound = await run((step) => {
      steps.push(step);
      return "never";
    });
    expect(steps.length).toBeGreaterThan(20);
    // Before one call is after the one that came before it; only the last has none that follows.
    for (let at = 0; at <= steps.length; at++) {
      let calls = 0;
      const [fatal, fate] = at < steps.length ? ([at, "before"] as const) : ([at - 1, "after"] as const);
      expect(await run(() => (calls++ === fatal ? fate : "never"))).toBe(requestsOfOneRound);
    }
  });

  it("begins one of two for the same config, though they are asked for at once", async () => {
    const tenant = await newTenantInProcess(sound, 1);
    const [config_id] = tenant.configs;
    const ask = () => sound.requestResend(tenant, { type: "redelivery", request: { ...pace, config_id } });
    const outcomes = await Promise.allSettled([ask(), ask(), ask()]);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(refused).toEqual(Array(2).fill(expect.objectContaining({ code: "resend-running" })));
  });

  it("counts and sends once when two processes run every step at once", async () => {
    const { tenant, ids } = await deadLetters();
    const { id } = await sound.requestResend(tenant, { type: "redelivery", request: { ...pace, all: true } });
    const twice: UseCases = {
      ...sound,
      runResend: async (message, log) => void (await Promise.all([sound.runResend(message, log), sound.runResend(message, log)])),
    };
    const process = mortalProcess(() => "never");
    while ((await runSteps(twice, process)) > 0 || (await sound.readResend(tenant, "redelivery", id)).status !== "done") {
      await open.advance(1_000);
    }
    const report = await finish(tenant, ids, id, "redelivery", process);
    expect(report).toMatchObject({ counted: 3, redelivered: 3, skipped: {} });
  });
});
