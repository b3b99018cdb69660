import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UseCases } from "../../../shared/composition/compose-use-cases.ts";
import type { DispatchMessage } from "../../../shared/delivery/messages.ts";
import type { DocumentStore } from "../../../shared/ports/document-store.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { openAzureTestPorts } from "../../support/azure-ports.ts";
import { type DeliveryScene, openDeliveryScene } from "../../support/delivery-scene.ts";
import { silentLog } from "../../support/embedded-store.ts";
import {
  answering,
  batchOf,
  newTenantInProcess,
  runQueuesOnce,
  status,
  useCasesOf,
  yesOfAnyProvider,
} from "../../support/gateway-in-process.ts";
import { type Fate, type MortalProcess, mortalProcess } from "../../support/mortal-process.ts";
import { deliveriesOf, expectBalanced } from "../../support/recount.ts";

const events = ["one", "two", "three"].map((key) => ({ event_name: "pageview", page_url: "https://a.example/", idempotency_key: key }));
const minute = 60_000;

describe("a process that dies between two steps, on stores that share no transaction", () => {
  let open: Awaited<ReturnType<typeof openAzureTestPorts>>;
  let sound: UseCases;
  let answers: number[] = [];
  beforeAll(async () => {
    open = await openAzureTestPorts(answering(() => status(answers.shift() ?? 202, yesOfAnyProvider)));
    sound = useCasesOf(open.ports);
  });
  afterAll(() => open.close());

  /** The ports as the process has them: the outbox works on what can die. */
  const mortalPorts = (process: MortalProcess): Ports => {
    const { ports, outboxOver } = open;
    const store = process.wrap(ports.store, "store");
    const queue = process.wrap(ports.queue, "queue");
    return { ...ports, store, queue, outbox: outboxOver(store, queue) };
  };

  /** Accepts and delivers three events in a process with this fate; whoever hears no answer posts again. Then everybody else helps. */
  const run = async (fateOf: (step: string) => Fate) => {
    const tenant = await newTenantInProcess(sound, 2);
    answers = [503];
    const process = mortalProcess(fateOf);
    const use = useCasesOf(mortalPorts(process));
    const post = (by: UseCases) => by.acceptEvents(tenant, events, batchOf(tenant.id));
    const answer = await post(use).then(
      (result) => (process.isDead ? undefined : result),
      () => undefined,
    );
    process.restart();
    const { results } = answer ?? (await post(sound));
    const ids = new Set(results.map(({ id }) => id!));
    expect(ids.size).toBe(3);
    const isDone = async () => {
      const deliveries = await deliveriesOf(open.ports, tenant);
      // The events' batches go their own ways: one may be delivered before another is fanned out.
      const places = deliveries.reduce((sum, { events }) => sum + Object.keys(events).length, 0);
      return places >= tenant.configs.length * ids.size && deliveries.every(({ state }) => state === "delivered");
    };
    for (let round = 0; !(await isDone()); round++) {
      expect(round).toBeLessThan(40);
      if ((await runQueuesOnce(open.ports, use, process)) === 0) {
        await open.advance(3 * minute);
        await sound.sweepOverdue(silentLog);
      }
    }
    await expectBalanced(open.ports, sound, tenant, ids, true);
    return results;
  };

  it("has lost nothing, counted nothing twice and delivered everything, wherever it died", async () => {
    const steps: string[] = [];
    await run((step) => {
      steps.push(step);
      return "never";
    });
    expect(steps.length).toBeGreaterThan(15);
    // Before one call is after the one that came before it; only the last has none that follows.
    for (let at = 0; at <= steps.length; at++) {
      let calls = 0;
      const [fatal, fate] = at < steps.length ? ([at, "before"] as const) : ([at - 1, "after"] as const);
      await run(() => (calls++ === fatal ? fate : "never"));
    }
  });

  it("accepts although the queue takes nothing, and delivers without it being posted again", async () => {
    const { ports, outboxOver } = open;
    const tenant = await newTenantInProcess(sound);
    const queue = { ...ports.queue, send: () => Promise.reject(new Error("server busy")) };
    const use = useCasesOf({ ...ports, queue, outbox: outboxOver(ports.store, queue) });
    const { accepted, results } = await use.acceptEvents(tenant, events, batchOf(tenant.id));
    expect(accepted).toBe(3);
    await runQueuesOnce(ports, sound);
    expect(await sound.readReceipt(tenant, results[0]!.id!)).toMatchObject({ fanned_out: false, deliveries: {} });
    await open.advance(3 * minute);
    await sound.sweepOverdue(silentLog);
    while ((await runQueuesOnce(ports, sound)) > 0);
    await expectBalanced(ports, sound, tenant, new Set(results.map(({ id }) => id!)), true);
  });

  it("puts a message off while the store can't answer, instead of using up its deliveries", async () => {
    const { ports, outboxOver } = open;
    const tenant = await newTenantInProcess(sound);
    const { results } = await sound.acceptEvents(tenant, events, batchOf(tenant.id));
    const patch = () => Promise.reject(new Problem("store-unavailable"));
    const store = new Proxy(ports.store, {
      get: (target, name: keyof DocumentStore) => (name === "patch" ? patch : target[name].bind(target)),
    });
    const cut = useCasesOf({ ...ports, store, outbox: outboxOver(store, ports.queue) });
    for (let minutes = 0; minutes < 30; minutes += 5) {
      await runQueuesOnce(ports, cut);
      await open.advance(5 * minute);
    }
    expect(open.bus.counts("events").deadLetters).toBe(0);
    for (let round = 0; round < 6; round++) {
      await runQueuesOnce(ports, sound);
      await open.advance(5 * minute);
    }
    await expectBalanced(ports, sound, tenant, new Set(results.map(({ id }) => id!)), true);
  });
});

describe("a message that nobody handles", () => {
  let scene: DeliveryScene;
  let message: DispatchMessage;
  beforeEach(async () => {
    scene = openDeliveryScene();
    await scene.config("one");
    await scene.fanOut(await scene.post({}, {}));
    [message] = (await scene.waiting()) as [DispatchMessage];
  });
  afterEach(() => scene.close());

  it("is sent again by the sweeper after waits that double, up to six hours, while nobody handles what it sent", async () => {
    const waits: number[] = [];
    const minutesUntilDue = async () => ((await scene.delivery(message, "one"))!.due_at! - scene.now()) / minute;
    for (let times = 0; times < 8; times++) {
      await scene.clock.jump((await minutesUntilDue()) * minute + 2 * minute + 1);
      await scene.sweep();
      waits.push(await minutesUntilDue());
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 360, 360]);
    // The first is swallowed: the message itself may still be waiting.
    expect(await scene.waiting()).toEqual(Array(7).fill({ ...message, without_addresses: true }));

    await scene.dispatch(message);
    expect(await scene.delivery(message, "one")).not.toHaveProperty("sweeps");
  });
});
