import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UseCases } from "../../../shared/composition/compose-use-cases.ts";
import { eventsQueue } from "../../../shared/events/events-message.ts";
import type { RequestFacts } from "../../../shared/events/prepare-event.ts";
import { readEvents } from "../../../shared/events/read-events.ts";
import type { ContainerName } from "../../../shared/ports/containers.ts";
import type { Document, DocumentStore } from "../../../shared/ports/document-store.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { Problem } from "../../../shared/problems/problem.ts";
import { openTestStore, silentLog } from "../../support/embedded-store.ts";
import { answering, batchOf, exampleVault, status, useCasesOf } from "../../support/gateway-in-process.ts";

const day = 86_400_000;
const minute = 60_000;
const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const visitor = { user_agent: browser, context: { ip: "203.0.113.7" } };

describe("a visitor's hash at intake", () => {
  let open: ReturnType<typeof openTestStore>;
  let use: UseCases;
  let tenant: { id: string; event_shards: number };
  const over = (store: DocumentStore, log: Log = silentLog) =>
    useCasesOf({ ...open, store, http: answering(() => status(200)), secrets: exampleVault, log });
  const post = async (events: readonly object[], facts: Partial<RequestFacts> = {}, by = use) => {
    const items = events.map((event) => ({ event_name: "pageview", page_url: "https://shop.example/", ...event }));
    const { results } = await by.acceptEvents(tenant, items, { ...batchOf(tenant.id), ...facts });
    return results;
  };
  const stored = async (id: string | undefined) => (await readEvents(open, tenant, [id!])).get(id!);
  const hashOf = async (event: object, facts: Partial<RequestFacts> = {}, by = use) =>
    (await stored((await post([event], facts, by))[0]?.id))?.visitor_hash;
  const takeMessages = async () => {
    const messages = await open.queue.receive(eventsQueue, { max: 1000, waitMs: 0 });
    await Promise.all(messages.map((message) => open.queue.complete(message)));
    return messages.flatMap(({ body }) => (body as { events: { id: string; visitor_hash?: string; client_ip?: string }[] }).events);
  };
  beforeEach(async () => {
    open = openTestStore();
    use = over(open.store);
    tenant = await use.createTenant({ name: "Club", tier: "standard" });
  });
  afterEach(() => open.close());

  it("is stored and travels, the same for all events of a visitor's day", async () => {
    const [one, keyed] = await post([visitor, { ...visitor, page_url: "https://shop.example/other", idempotency_key: "k" }]);
    const hash = (await stored(one?.id))?.visitor_hash;
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect((await stored(keyed?.id))?.visitor_hash).toBe(hash);
    expect((await takeMessages()).map(({ visitor_hash }) => visitor_hash)).toEqual([hash, hash]);
    await open.clock.jump(day - 1);
    expect(await hashOf(visitor)).toBe(hash);
    expect(await hashOf(visitor, {}, over(open.store))).toBe(hash);
    const inPerson = { keyKind: "site", clientAddress: visitor.context.ip, userAgent: browser } as const;
    expect(await hashOf({}, inPerson)).toBe(hash);
  });

  it("is another one for another visitor, site, tenant and day", async () => {
    const hashes = [
      await hashOf(visitor),
      await hashOf({ ...visitor, context: { ip: "203.0.113.8" } }),
      await hashOf({ ...visitor, user_agent: `${browser} Other` }),
      await hashOf({ ...visitor, page_url: "https://blog.example/" }),
    ];
    tenant = await use.createTenant({ name: "Other club", tier: "standard" });
    hashes.push(await hashOf(visitor));
    await open.clock.jump(day);
    hashes.push(await hashOf(visitor));
    expect(hashes.every((hash) => hash !== undefined)).toBe(true);
    expect(new Set(hashes).size).toBe(6);
  });

  it("goes by the day of receipt, whenever the event happened", async () => {
    const yesterday = new Date(open.clock.now() - day).toISOString();
    expect(await hashOf({ ...visitor, occurred_at: yesterday })).toBe(await hashOf(visitor));
  });

  it("is left out where address or user agent is unknown, and takes no salt then", async () => {
    const [noAddress, noAgent] = await post([{ user_agent: browser }, { context: visitor.context }]);
    expect(await stored(noAddress?.id)).not.toHaveProperty("visitor_hash");
    expect(await stored(noAgent?.id)).not.toHaveProperty("visitor_hash");
    expect((await takeMessages()).every((event) => !("visitor_hash" in event))).toBe(true);
    const salts = await open.store.query("visitor-salts", "salts", {
      where: [{ path: "ends_at", op: "gt", value: 0 }],
      orderBy: { path: "ends_at", direction: "asc" },
      limit: 10,
    });
    expect(salts.items).toEqual([]);
    const [known, unknown] = await post([visitor, { user_agent: browser }]);
    expect(await stored(known?.id)).toHaveProperty("visitor_hash");
    expect(await stored(unknown?.id)).not.toHaveProperty("visitor_hash");
  });

  it("can't be said by a sender", async () => {
    const [result] = await post([{ ...visitor, visitor_hash: "0".repeat(32) }]);
    expect(result).toMatchObject({ status: "rejected", problem: { code: "event-invalid" } });
    const [nested] = await post([{ ...visitor, context: { ...visitor.context, visitor_hash: "0".repeat(32) } }]);
    expect(nested).toMatchObject({ status: "rejected", problem: { code: "event-invalid" } });
  });

  it("is in no receipt, list or answer", async () => {
    const [result] = await post([visitor]);
    const hash = (await stored(result?.id))?.visitor_hash;
    const seen = [result, await use.readReceipt(tenant, result!.id!), await use.listEvents(tenant, { limit: 10 })];
    expect(JSON.stringify(seen)).toContain(result?.id);
    expect(JSON.stringify(seen)).not.toContain("visitor_hash");
    expect(JSON.stringify(seen)).not.toContain(hash);
  });

  it("makes no other event of one that is posted again after midnight", async () => {
    const event = { ...visitor, idempotency_key: "k", occurred_at: new Date(open.clock.now() + day).toISOString() };
    await open.clock.jump(day - minute);
    const [first] = await post([event]);
    const before = await stored(first?.id);
    await open.clock.jump(2 * minute);
    await use.destroySalts(silentLog);
    const [again] = await post([event]);
    expect(again).toEqual({ index: 0, id: first?.id, status: "duplicate" });
    expect(await stored(first?.id)).toEqual(before);
    expect(await takeMessages()).toHaveLength(1);
    expect(await hashOf({ ...event, idempotency_key: "other" })).not.toBe(before?.visitor_hash);
  });

  it("is missing, and nothing else, while the salt can't be had", async () => {
    const lines: object[] = [];
    let asked = 0;
    let isDown = true;
    const create = async (container: ContainerName, document: Document) => {
      asked += container === "visitor-salts" ? 1 : 0;
      if (isDown && container === "visitor-salts") {
        throw new Problem("store-unavailable", `can't write ${container}`);
      }
      return open.store.create(container, document);
    };
    const store = new Proxy(open.store, {
      get: (target, name: keyof DocumentStore) => (name === "create" ? create : target[name].bind(target)),
    });
    const shaken = over(store, { ...silentLog, warn: (fields) => void lines.push(fields) });
    const results = await Promise.all(Array.from({ length: 20 }, () => post([visitor, visitor], {}, shaken)));
    expect(results.flat().every(({ status }) => status === "accepted")).toBe(true);
    const travelling = await takeMessages();
    expect(travelling).toHaveLength(40);
    expect(travelling.every((event) => event.client_ip === visitor.context.ip && !("visitor_hash" in event))).toBe(true);
    expect(await stored(results[0]![0]?.id)).toMatchObject({ event_name: "pageview", user_agent: browser });
    expect(asked).toBe(1);
    expect(lines).toMatchObject([{ event: "visitor_salt_unavailable" }]);
    expect(JSON.stringify(lines)).not.toMatch(/203\.0\.113|Mozilla/);
    isDown = false;
    await open.clock.jump(5_000);
    expect(await hashOf(visitor, {}, shaken)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("survives the loss of a message, as the address does not", async () => {
    const results = await post([visitor, { ...visitor, idempotency_key: "k" }]);
    const lost = await takeMessages();
    expect(lost.every(({ client_ip }) => client_ip === visitor.context.ip)).toBe(true);
    // Longer than the queue remembers the first.
    await open.clock.jump(60 * minute);
    await use.sweepOverdue(silentLog);
    const again = await takeMessages();
    expect(again.map(({ id }) => id)).toEqual(results.map(({ id }) => id));
    expect(again.map(({ visitor_hash }) => visitor_hash)).toEqual(lost.map(({ visitor_hash }) => visitor_hash));
    expect(again[0]?.visitor_hash).toMatch(/^[0-9a-f]{32}$/);
    expect(again.every((event) => !("client_ip" in event))).toBe(true);
  });
});
