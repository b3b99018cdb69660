import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UseCases } from "../../../shared/composition/compose-use-cases.ts";
import { queueSettings } from "../../../shared/composition/queue-settings.ts";
import type { Config } from "../../../shared/configs/config.ts";
import type { Delivery } from "../../../shared/delivery/delivery.ts";
import type { ContainerName } from "../../../shared/ports/containers.ts";
import { containers } from "../../../shared/ports/containers.ts";
import type { Document } from "../../../shared/ports/document-store.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import type { OutgoingMessage } from "../../../shared/ports/queue.ts";
import type { Tenant } from "../../../shared/tenants/tenant.ts";
import { isBalanced } from "../../../shared/usage/hour-counters.ts";
import { total } from "../../../shared/usage/read-usage.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";
import { answering, exampleVault, runQueuesOnce, status, useCasesOf, yesOfAnyProvider } from "../../support/gateway-in-process.ts";

interface Version {
  /** The folder of what it left: written by that version's own code, then stopped. */
  readonly name: string;
  /** Fields that came later. */
  readonly lacks: RegExp;
}
const versions: readonly Version[] = [
  { name: "before-consent", lacks: /visitor_hash|do_not_track|"consent"|adjustments|verification|traceparent|dead_at|latency_/ },
  { name: "before-breakers", lacks: /traceparent|trace_links|dead_at|put_off|"resen[dt]"|latency_|last_event_at|corrections/ },
];

type Scene = Readonly<{
  now: string;
  tenant_id: string;
  events: Readonly<Record<"delivered" | "retried" | "fannedOut" | "accepted" | "lost", readonly string[]>>;
  /** Events of visitors who have consented. */
  granted?: readonly string[];
}>;
type Documents = Readonly<Partial<Record<ContainerName, readonly Document[]>>>;

const fixture = (version: string, name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/previous-version/${version}/${name}.json`), "utf8")) as unknown;

describe.each(versions)("what the version $name has left in the store and in the queues", ({ name, lacks }) => {
  const scene = fixture(name, "scene") as Scene;
  const documents = fixture(name, "documents") as Documents;
  const messages = fixture(name, "messages") as readonly OutgoingMessage[];
  const configs = (documents.configs ?? []) as readonly Config[];
  /** What becomes of an event that this version sends to a config. */
  const outcomeNow = ({ require_cookie_consent }: Config, eventId: string) =>
    require_cookie_consent && scene.granted?.includes(eventId) !== true
      ? { outcome: "suppressed", reason: "consent_missing" }
      : { outcome: "delivered" };

  let open: ReturnType<typeof openTestStore>;
  let ports: Ports;
  let use: UseCases;
  let tenant: Tenant;

  beforeEach(async () => {
    open = openTestStore(containers, queueSettings);
    await open.advance(Date.parse(scene.now) - open.now());
    ports = { ...open, http: answering(() => status(200, yesOfAnyProvider)), secrets: exampleVault, log: silentLog };
    use = useCasesOf(ports);
    for (const [container, kept] of Object.entries(documents)) {
      for (const document of kept) {
        await open.store.upsert(container as ContainerName, document);
      }
    }
    tenant = await use.getTenant(scene.tenant_id);
  });
  afterEach(() => open.close());

  const outcomes = async (ids: readonly string[]) =>
    Promise.all(
      ids.map(async (id) => (await use.readReceipt(tenant, id)).deliveries as Record<string, { outcome: string; reason?: string }>),
    );
  const expectNow = async (ids: readonly string[]) => {
    for (const [at, deliveries] of (await outcomes(ids)).entries()) {
      expect(Object.keys(deliveries).sort()).toEqual(configs.map(({ id }) => id).sort());
      for (const config of configs) {
        expect(deliveries[config.id], config.provider).toMatchObject(outcomeNow(config, ids[at]!));
      }
    }
  };
  const runUntilQuiet = async () => {
    for (let quiet = 0; quiet < 2; ) {
      quiet = (await runQueuesOnce(ports, use)) === 0 ? quiet + 1 : 0;
    }
  };

  it("is of every kind: with some configs that ask for consent and some that do not, and lacks what came later", () => {
    expect(new Set(configs.map(({ require_cookie_consent }) => require_cookie_consent))).toEqual(new Set([true, false]));
    expect(new Set(messages.map(({ queue }) => queue)).size).toBe(configs.length + 1);
    expect(JSON.stringify([documents, messages])).not.toMatch(lacks);
  });

  it("keeps its receipts as they were", async () => {
    for (const [at, deliveries] of (await outcomes(scene.events.delivered)).entries()) {
      const id = scene.events.delivered[at]!;
      const kept = (documents.deliveries as unknown as readonly Delivery[]).filter(({ events }) => events?.[id] !== undefined);
      expect(kept.map(({ events }) => events[id]!.outcome)).toContain("delivered");
      expect(deliveries).toEqual(
        Object.fromEntries(kept.map(({ config_id, provider, events }) => [config_id, { provider, ...events[id] }])),
      );
    }
  });

  it("is listed, every event once and newest batch first", async () => {
    const { items } = await use.listEvents(tenant, { limit: 100 });
    const listed = items.map((item) => (item as { id: string }).id);
    expect([...listed].sort()).toEqual(Object.values(scene.events).flat().sort());
    expect(listed.slice(-2).sort()).toEqual([...scene.events.delivered].sort());
  });

  it("shows its configs and takes changes to them", async () => {
    const [config] = configs;
    const { provider, id } = config!;
    expect((await use.getConfig(tenant.id, provider, id)).document).toEqual(config);
  });

  it("is dispatched at its first and at later attempts, and fanned out, from the messages that wait", async () => {
    await open.queue.send(messages);
    await runUntilQuiet();
    await expectNow([...scene.events.retried, ...scene.events.fannedOut, ...scene.events.accepted]);
  });

  it("is sent again by the sweep where its messages are lost, and ends with balanced books", async () => {
    await open.advance(30 * 60_000);
    await use.sweepOverdue(silentLog);
    await runUntilQuiet();
    await expectNow([...scene.events.retried, ...scene.events.fannedOut, ...scene.events.accepted, ...scene.events.lost]);
    for (const { id } of configs) {
      const { hours } = await use.readUsage(tenant, id, { from: Date.parse(scene.now) - 3_600_000 });
      const counts = total(hours.values());
      expect(counts["received"]).toBe(Object.values(scene.events).flat().length);
      expect(counts["pending"] ?? 0).toBe(0);
      expect([...hours.values()].every(isBalanced)).toBe(true);
    }
  });
});
