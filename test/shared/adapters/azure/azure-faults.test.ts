import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UseCases } from "../../../../shared/composition/compose-use-cases.ts";
import type { CosmosFault } from "../../../emulators/cosmos/faults.ts";
import type { Fault as BusFault } from "../../../emulators/servicebus/faults.ts";
import { openAzureTestPorts } from "../../../support/azure-ports.ts";
import { silentLog } from "../../../support/embedded-store.ts";
import {
  answering,
  batchOf,
  newTenantInProcess,
  runQueuesOnce,
  status,
  useCasesOf,
  yesOfAnyProvider,
} from "../../../support/gateway-in-process.ts";
import { deliveriesOf, expectBalanced } from "../../../support/recount.ts";

const minute = 60_000;
/** A request is answered within 10 s, whatever the stores do. */
const answerMsMax = 10_000;
const withKeys = ["one", "two", "three"].map((key) => ({ event_name: "pageview", page_url: "https://a.example/", idempotency_key: key }));
const withoutKeys = withKeys.map(({ idempotency_key: _key, ...event }) => event);

/** Stores that fail for the time it takes to be noticed, and one that answers too late. */
const cosmosFaults: readonly (readonly [string, CosmosFault])[] = [
  ["is throttled for longer than a request can wait", { kind: "throttled", retryAfterMs: 10_000, times: "until-cleared" }],
  ["is throttled for a moment", { kind: "throttled", retryAfterMs: 50, times: 2 }],
  ["is not available", { kind: "status", status: 503, times: "until-cleared" }],
  ["resets a create before it is done", { kind: "drop-before", operation: "create" }],
  ["resets a create after it is done", { kind: "drop-after", operation: "create" }],
  ["resets a batch before it is done", { kind: "drop-before", operation: "batch" }],
  ["resets a batch after it is done", { kind: "drop-after", operation: "batch" }],
  ["answers too late", { kind: "delay", delayMs: 20_000, times: "until-cleared" }],
];
const busFaults: readonly (readonly [string, BusFault])[] = [
  ["is busy", { operation: "send", kind: "server-busy", times: 6 }],
  ["drops the connection before a message is taken", { operation: "send", kind: "drop-before" }],
  ["drops the connection after a message was taken", { operation: "send", kind: "drop-after" }],
  ["loses the lock while a message is being handled", { operation: "settle", kind: "lock-lost", times: 3 }],
];

describe("faults of Azure's services", () => {
  let open: Awaited<ReturnType<typeof openAzureTestPorts>>;
  let use: UseCases;
  let tenant: Awaited<ReturnType<typeof newTenantInProcess>>;
  beforeAll(async () => {
    open = await openAzureTestPorts(answering(() => status(202, yesOfAnyProvider)));
    use = useCasesOf(open.ports);
  });
  afterAll(() => open.close());
  beforeEach(async () => {
    open.cosmos.clearFaults();
    tenant = await newTenantInProcess(use);
  });

  const post = async (events: readonly object[]) => {
    const startedAt = performance.now();
    try {
      return await use.acceptEvents(tenant, events, batchOf(tenant.id));
    } catch (error) {
      expect(error).toMatchObject({ code: "store-unavailable" });
      return undefined;
    } finally {
      expect(performance.now() - startedAt).toBeLessThan(answerMsMax);
    }
  };
  /** Every event that was accepted arrives once at each config, and nothing else does. */
  const expectDelivered = async (ids: readonly string[]) => {
    const isDone = async () => {
      const deliveries = await deliveriesOf(open.ports, tenant);
      const delivered = deliveries.filter(({ state }) => state === "delivered").flatMap(({ events }) => Object.keys(events));
      return delivered.length >= ids.length * tenant.configs.length;
    };
    for (let round = 0; !(await isDone()); round++) {
      expect(round).toBeLessThan(30);
      if ((await runQueuesOnce(open.ports, use).catch(() => 0)) === 0) {
        await open.advance(3 * minute);
        await use.sweepOverdue(silentLog).catch(() => undefined);
      }
    }
    await expectBalanced(open.ports, use, tenant, new Set(ids), true);
  };

  it.each(cosmosFaults)("loses nothing and accepts nothing twice while the store %s", async (_, fault) => {
    open.cosmos.inject(fault);
    const first = await post(withKeys);
    open.cosmos.clearFaults();
    const second = await post(withKeys);
    expect(second?.rejected).toBe(0);
    const ids = second!.results.map(({ id }) => id!);
    expect(new Set(ids).size).toBe(3);
    if (first !== undefined) {
      expect(second).toMatchObject({ accepted: 0, duplicates: 3 });
      expect(first.results.map(({ id }) => id)).toEqual(ids);
    }
    await expectDelivered(ids);
  });

  it.each(["create", "batch"] as const)(
    "says accepted, not conflict, after a %s whose answer was lost, also to events without keys",
    async (operation) => {
      open.cosmos.inject({ kind: "drop-after", operation, container: "events", times: 8 });
      const answer = await post(withoutKeys);
      open.cosmos.clearFaults();
      expect(answer).toMatchObject({ accepted: 3, rejected: 0 });
      await expectDelivered(answer!.results.map(({ id }) => id!));
    },
  );

  it.each(busFaults)("accepts and delivers although the bus %s", async (_, fault) => {
    open.bus.inject(fault);
    const answer = await post(withKeys);
    expect(answer).toMatchObject({ accepted: 3 });
    await expectDelivered(answer!.results.map(({ id }) => id!));
  });
});
