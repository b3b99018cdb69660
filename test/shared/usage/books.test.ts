import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UseCases } from "../../../shared/composition/compose-use-cases.ts";
import { queueSettings } from "../../../shared/composition/queue-settings.ts";
import { containers } from "../../../shared/ports/containers.ts";
import type { Answer, Failure } from "../../../shared/ports/http-client.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { silentLog, testStores } from "../../support/embedded-store.ts";
import {
  answering,
  batchOf,
  exampleVault,
  newTenantInProcess,
  runQueuesOnce,
  status,
  useCasesOf,
} from "../../support/gateway-in-process.ts";
import { mortalProcess, wrapPorts } from "../../support/mortal-process.ts";
import { deliveriesOf, expectBalanced, nextDue } from "../../support/recount.ts";

const answers: readonly (Answer | Failure)[] = [
  status(202, "ok"),
  status(200, '{"cache":"x"}'),
  status(400, "no"),
  status(500),
  status(429),
  { kind: "failure", reason: "timeout", sent: true },
  { kind: "failure", reason: "connection-lost", sent: true },
];
/** The most that a retry waits. */
const longestWaitMs = 24 * 3_600_000;
/** What is that late is swept up. */
const overdueMs = 3 * 60_000;
/** The sweeper waits up to six hours after each: with more of them a run would go on for longer than usage is read here. */
const deathsMax = 100;
/** Processes die here far more often than a queue's patience with a message allows for. */
const patient = { ...queueSettings, deliveriesMax: 10_000 };

/** Whatever is under way, a recount of the hours that are over finds nothing wrong. */
async function expectNothingToCorrect(use: UseCases): Promise<void> {
  const alarms: object[] = [];
  const alarm = (fields: object) => void alarms.push(fields);
  await use.reconcileBooks({ ...silentLog, warn: alarm, error: alarm });
  expect(alarms).toEqual([]);
}

describe("the books", () => {
  it("balance at every moment, and close with one outcome per event and config, wherever the process dies and whatever providers answer", async () => {
    const seen = new Set<string>();
    const nextStore = testStores(containers, patient);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat(99)),
        fc.nat(30),
        async (posts, dice, crashPercent) => {
          const open = await nextStore();
          const http = answering(() => answers[dice.next().value! % answers.length]!);
          const ports: Ports = { ...open, http, secrets: exampleVault, log: silentLog };
          const sound = useCasesOf(ports);
          let deaths = 0;
          const process = mortalProcess(() => {
            const roll = dice.next().value!;
            if (roll >= crashPercent || deaths === deathsMax) {
              return "never";
            }
            deaths++;
            return roll % 2 === 0 ? "before" : "after";
          });
          const use = useCasesOf(wrapPorts(ports, process));
          const tenant = await newTenantInProcess(sound, 4);
          const ids = new Set<string>();
          for (const keys of posts) {
            const items = keys.map((key) => ({ event_name: "pageview", page_url: "https://a.example/", idempotency_key: `key-${key}` }));
            const facts = batchOf(tenant.id);
            // Whoever hears no answer posts again, with the same keys.
            const { results } = await use.acceptEvents(tenant, items, facts).catch(() => sound.acceptEvents(tenant, items, facts));
            process.restart();
            for (const { id } of results) {
              ids.add(id!);
            }
          }
          for (;;) {
            const received = await runQueuesOnce(open, use, process);
            await expectBalanced(ports, sound, tenant, ids, false);
            const due = await nextDue(ports, tenant);
            if (received > 0) {
              await open.clock.jump(1_000);
            } else if (due !== undefined) {
              await expectNothingToCorrect(sound);
              await open.clock.jump(Math.max(0, due - open.clock.now()) + overdueMs);
              // A message that was given up is only in the store.
              await sound.sweepOverdue(silentLog);
            } else {
              break;
            }
          }
          await open.clock.jump(longestWaitMs);
          await runQueuesOnce(open, use, process);
          await expectBalanced(ports, sound, tenant, ids, true);
          for (const { events } of await deliveriesOf(ports, tenant)) {
            for (const { outcome } of Object.values(events)) {
              seen.add(outcome);
            }
          }
        },
      ),
      { numRuns: 8 },
    );
    // Whether a provider also says nothing of an event, or one fails nine times in a row or comes too late, is up to the dice.
    expect([...seen]).toEqual(expect.arrayContaining(["delivered", "rejected"]));
  }, 300_000);
});
