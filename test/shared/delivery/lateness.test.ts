import { describe, expect, it, onTestFinished } from "vitest";
import { queueSettings } from "../../../shared/composition/queue-settings.ts";
import { containers } from "../../../shared/ports/containers.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { consentFree } from "../../support/consent-free.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";
import {
  answering,
  batchOf,
  exampleVault,
  newTenantInProcess,
  runQueuesOnce,
  status,
  useCasesOf,
  yesOfAnyProvider,
} from "../../support/gateway-in-process.ts";

const hourMs = 3_600_000;

describe("an event that could not be sent in time", () => {
  it("expires where the provider would count it at a wrong time, and is still delivered elsewhere", async () => {
    const open = openTestStore(containers, queueSettings);
    onTestFinished(open.close);
    let code = 503;
    const ports: Ports = { ...open, secrets: exampleVault, http: answering(() => status(code, yesOfAnyProvider)), log: silentLog };
    const use = useCasesOf(ports);
    const tenant = await newTenantInProcess(use);
    const { results } = await use.acceptEvents(tenant, [{ event_name: "pageview", page_url: "https://a.example/" }], batchOf(tenant.id));
    for (let waited = 0; waited < 2 * hourMs; waited += hourMs / 4) {
      await runQueuesOnce(ports, use);
      await open.clock.jump(hourMs / 4);
    }
    code = 202;
    for (let round = 0; round < 30; round++) {
      await runQueuesOnce(ports, use);
      await open.clock.jump(hourMs);
    }
    const receipt = await use.readReceipt(tenant, results[0]!.id!);
    const outcomes = Object.values(receipt.deliveries) as { provider: string; outcome: string; reason?: string }[];
    expect(consentFree.some(({ lateAfterSeconds }) => lateAfterSeconds === 3600)).toBe(true);
    for (const { slug, lateAfterSeconds } of consentFree) {
      const isLate = lateAfterSeconds !== undefined && lateAfterSeconds < 7200;
      expect(outcomes.find(({ provider }) => provider === slug)).toMatchObject(
        isLate ? { outcome: "expired", reason: "not sent within 3600 s of when it happened" } : { outcome: "delivered" },
      );
    }
  });
});
