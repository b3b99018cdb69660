import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { queueSettings } from "../../../shared/composition/queue-settings.ts";
import { containers } from "../../../shared/ports/containers.ts";
import type { Answer, Failure } from "../../../shared/ports/http-client.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";
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
import { deliveriesOf, expectBalanced } from "../../support/recount.ts";

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
/** Processes die here far more often than a queue's patience with a message allows for. */
const patient = { ...queueSettings, deliveriesMax: 10_000 };

describe("the books", () => {
  it("balance at every moment, and close with one outcome per event and config, wherever the process dies and whatever providers answer", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat(99)),
        fc.nat(30),
        async (posts, dice, crashPercent) => {
          const open = openTestStore(containers, patient);
          const http = answering(() => answers[dice.next().value! % answers.length]!);
          const ports: Ports = { ...open, http, secrets: exampleVault, log: silentLog };
          const sound = useCasesOf(ports);
          const process = mortalProcess(() => {
            const roll = dice.next().value!;
            return roll >= crashPercent ? "never" : roll % 2 === 0 ? "before" : "after";
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
          for (let quiet = 0; quiet < 2; ) {
            const received = await runQueuesOnce(open, use, process);
            await expectBalanced(ports, sound, tenant, ids, false);
            await open.clock.jump(received > 0 ? 1_000 : longestWaitMs);
            quiet = received > 0 ? 0 : quiet + 1;
          }
          await expectBalanced(ports, sound, tenant, ids, true);
          for (const { events } of await deliveriesOf(ports, tenant)) {
            for (const { outcome } of Object.values(events)) {
              seen.add(outcome);
            }
          }
          await open.close();
        },
      ),
      { numRuns: 30 },
    );
    // Whether an event also fails nine times in a row is up to the dice.
    expect([...seen]).toEqual(expect.arrayContaining(["accepted_unverifiable", "delivered", "expired", "rejected"]));
  });
});
