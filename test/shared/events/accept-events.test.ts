import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { providerOfConfig } from "../../../shared/configs/read-configs.ts";
import { type AcceptResult, acceptEvents } from "../../../shared/events/accept-events.ts";
import { eventsQueue } from "../../../shared/events/events-message.ts";
import type { RequestFacts } from "../../../shared/events/prepare-event.ts";
import { openTestStore } from "../../support/embedded-store.ts";
import { noSignals } from "../../support/no-signals.ts";

describe("accepting events", () => {
  let open: ReturnType<typeof openTestStore>;
  const tenant = { id: "tenant-a", event_shards: 8 };
  const facts: RequestFacts = {
    tenantId: tenant.id,
    keyKind: "secret",
    clientAddress: "198.51.100.1",
    userAgent: "a-server/1.0",
    signals: noSignals,
    idempotencyKey: undefined,
    isBatch: true,
  };
  const accept = (items: readonly unknown[], more: Partial<RequestFacts> = {}, to = tenant): Promise<AcceptResult> =>
    acceptEvents(open, providerOfConfig(open), async (_, events) => events)(to, items, { ...facts, tenantId: to.id, ...more });
  const event = (fields: object = {}) => ({ event_name: "pageview", page_url: "https://example.org/", ...fields });
  const travelling = async () => {
    const messages = await open.queue.receive(eventsQueue, { max: 1000, waitMs: 0 });
    return messages.flatMap(({ body }) => (body as { events: { id: string; client_ip?: string; user_agent?: string }[] }).events);
  };

  beforeEach(() => {
    open = openTestStore();
  });
  afterEach(() => open.close());

  it("stores every good event and sends exactly those on", async () => {
    const result = await accept([event(), { event_name: 7 }, event()]);
    expect(result).toMatchObject({ accepted: 2, duplicates: 0, rejected: 1 });
    expect(result.results.map(({ status }) => status)).toEqual(["accepted", "rejected", "accepted"]);
    expect(result.results[1]?.problem).toMatchObject({ code: "event-invalid", pointer: "/events/1/event_name" });
    expect((await travelling()).map(({ id }) => id)).toEqual([result.results[0]?.id, result.results[2]?.id]);
  });

  it("says duplicate, with the same id, to the same key and content; and sends nothing again", async () => {
    const first = await accept([event({ idempotency_key: "k", event_properties: { a: 1, b: 2 } })]);
    const second = await accept([event({ event_properties: { b: 2, a: 1 }, idempotency_key: "k" })]);
    expect(second.results[0]).toEqual({ index: 0, id: first.results[0]?.id, status: "duplicate" });
    expect(await travelling()).toHaveLength(1);
  });

  it("refuses the same key with other content, also for another provider", async () => {
    await accept([event({ idempotency_key: "k" })]);
    const other = await accept([event({ idempotency_key: "k", page_title: "Other" })]);
    expect(other.results[0]).toMatchObject({
      status: "rejected",
      problem: { status: 409, code: "idempotency-conflict", pointer: "/events/0/idempotency_key" },
    });
    expect((await accept([event({ idempotency_key: "k" })], { provider: "elsewhere" })).results[0]?.status).toBe("rejected");
  });

  it("remembers a key for seven days, and then takes it for a new event, again and again", async () => {
    const ids = new Set<string | undefined>();
    for (let round = 0; round < 3; round++) {
      const fresh = await accept([event({ idempotency_key: "k", page_title: `round ${round}` })]);
      expect(fresh.accepted).toBe(1);
      ids.add(fresh.results[0]?.id);
      await open.clock.jump(7 * 86_400_000 - 1);
      expect((await accept([event({ idempotency_key: "k", page_title: `round ${round}` })])).duplicates).toBe(1);
      await open.clock.jump(2);
    }
    expect(ids.size).toBe(3);
  });

  it("keeps the keys of tenants apart", async () => {
    const mine = await accept([event({ idempotency_key: "k" })]);
    const theirs = await accept([event({ idempotency_key: "k" })], {}, { id: "tenant-b", event_shards: 8 });
    expect(theirs.accepted).toBe(1);
    expect(theirs.results[0]?.id).not.toBe(mine.results[0]?.id);
  });

  it("applies the request's key to every event that has none, by its place", async () => {
    const items = [event(), event(), event({ idempotency_key: "own" })];
    const first = await accept(items, { idempotencyKey: "request-1" });
    const again = await accept(items, { idempotencyKey: "request-1" });
    expect(first.accepted).toBe(3);
    expect(again.duplicates).toBe(3);
    expect(again.results.map(({ id }) => id)).toEqual(first.results.map(({ id }) => id));
  });

  it("makes one event each of ten concurrent identical batches, with the same ids in all answers", async () => {
    const items = Array.from({ length: 60 }, (_, n) => event({ idempotency_key: `k${n}` }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => accept(items)));
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(60);
    const ids = answers.map(({ results }) => results.map(({ id }) => id));
    expect(new Set(ids.map((list) => JSON.stringify(list))).size).toBe(1);
    expect(await travelling()).toHaveLength(60);
  });

  it("never makes two events of one key, whatever is posted together and at once", async () => {
    const post = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), content: fc.constantFrom(1, 2) }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(post, { minLength: 1, maxLength: 6 }), fc.nat(), async (posts, round) => {
        const to = { id: `tenant-${round}-${Math.random()}`, event_shards: 8 };
        const answers = await Promise.all(
          posts.map((items) =>
            accept(
              items.map(({ key, content }) => event({ idempotency_key: key, event_properties: { content } })),
              {},
              to,
            ),
          ),
        );
        for (const key of ["a", "b", "c"]) {
          const ofKey = posts.flatMap((items, at) =>
            items.flatMap((item, index) => (item.key === key ? [{ ...answers[at]!.results[index]!, content: item.content }] : [])),
          );
          const taken = ofKey.filter(({ status }) => status === "accepted");
          expect(taken).toHaveLength(ofKey.length === 0 ? 0 : 1);
          for (const other of ofKey.filter(({ status }) => status !== "accepted")) {
            expect(other.status).toBe(other.content === taken[0]?.content ? "duplicate" : "rejected");
            expect(other.status === "duplicate" ? other.id : taken[0]?.id).toBe(taken[0]?.id);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("splits what is large into messages of at most 50 events and 64 KB", async () => {
    await accept(Array.from({ length: 120 }, () => event({ event_properties: { text: "x".repeat(3_000) } })));
    const messages = await open.queue.receive(eventsQueue, { max: 1000, waitMs: 0 });
    for (const { body } of messages) {
      expect((body as { events: unknown[] }).events.length).toBeLessThanOrEqual(50);
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(65_536);
    }
    expect(messages.flatMap(({ body }) => (body as { events: unknown[] }).events)).toHaveLength(120);
  });

  it("takes a visitor's address from where the key's kind says, and never stores it", async () => {
    const fromServer = await accept([event({ context: { ip: "203.0.113.9" }, idempotency_key: "s" })]);
    await accept([event({ context: { ip: "203.0.113.10" } })], { keyKind: "site" });
    expect((await travelling()).map(({ client_ip }) => client_ip)).toEqual(["203.0.113.9", "198.51.100.1"]);
    const id = fromServer.results[0]!.id!;
    const stored = await open.store.get("events", `tenant-a|${Number.parseInt(id.slice(-6, -2), 16) % 8}`, id);
    expect(stored?.document).toMatchObject({ event_name: "pageview" });
    expect(JSON.stringify(stored)).not.toContain("203.0.113");
  });

  it("takes a page's own user agent from the request, and never a server's", async () => {
    await accept([event()]);
    await accept([event()], { keyKind: "site", userAgent: "Mozilla/5.0 Firefox" });
    expect((await travelling()).map(({ user_agent }) => user_agent)).toEqual([undefined, "Mozilla/5.0 Firefox"]);
  });

  it("refuses an event for a config that is not the tenant's", async () => {
    await open.store.create("configs", { id: "mine", pk: "tenant-a", provider: "p" } as never);
    await open.store.create("configs", { id: "theirs", pk: "tenant-b", provider: "p" } as never);
    const result = await accept([event({ config_id: "mine" }), event({ config_id: "theirs" }), event({ config_id: "nobody's" })]);
    expect(result.results.map(({ status }) => status)).toEqual(["accepted", "rejected", "rejected"]);
    expect(result.results[1]?.problem).toMatchObject({ pointer: "/events/1/config_id" });
  });
});
