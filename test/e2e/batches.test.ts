import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const event = { event_name: "pageview", page_url: "https://shop.example/" };

describe("batches and repeated posts", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  const posting = async () => {
    const { key } = await newTenant(gateway);
    return {
      key,
      post: (body: unknown, headers: Record<string, string> = {}) => gateway.call("POST", "/analytics/events", { key, body, headers }),
      stored: async () => (await gateway.call("GET", "/analytics/events?limit=100", { key })).body.items as { id: string }[],
    };
  };

  it("answers 202 for the good ones and each bad one's own problem, in order, and stores the good ones only", async () => {
    const { post, stored } = await posting();
    const bad = [
      { ...event, occurred_at: "soon" },
      { page_url: "/" },
      7,
      null,
      { ...event, event_properties: { "a/b": { ["__proto__"]: 1 } } },
    ];
    const { status, body } = await post({ events: [event, ...bad, event] });
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 2, duplicates: 0, rejected: 5 });
    const pointers = body.results.map((result: { problem?: { pointer: string } }) => result.problem?.pointer);
    expect(pointers).toEqual([
      undefined,
      "/events/1/occurred_at",
      "/events/2/event_name",
      "/events/3",
      "/events/4",
      "/events/5/event_properties/a~1b/__proto__",
      undefined,
    ]);
    const ids = (await stored()).map(({ id }) => id).sort();
    expect(ids).toEqual([body.results[0].id, body.results[6].id].sort());
  });

  it("answers 422 with every item's problem when none is good, and stores nothing", async () => {
    const { post, stored } = await posting();
    const refused = await post({ events: [{}, { event_name: 1 }] });
    expect(refused).toMatchObject({
      status: 422,
      body: {
        code: "events-all-rejected",
        accepted: 0,
        rejected: 2,
        results: [{ problem: { pointer: "/events/0/event_name" } }, { problem: { pointer: "/events/1/event_name" } }],
      },
    });
    expect(await stored()).toEqual([]);
  });

  it.each([
    ["no events", { events: [] }, "/events"],
    ["events that are no list", { events: { 0: event } }, "/events"],
    ["something beside the events", { events: [event], tenant: "x" }, "/tenant"],
  ])("answers 422 for a batch with %s", async (_, body, pointer) => {
    const { post, stored } = await posting();
    expect(await post(body)).toMatchObject({ status: 422, body: { code: "body-invalid", pointer } });
    expect(await stored()).toEqual([]);
  });

  it("makes one event each of ten identical batches at once, and gives all ten the same ids", async () => {
    const { post, stored } = await posting();
    const events = Array.from({ length: 20 }, (_, n) => ({ ...event, page_title: `${n}`, idempotency_key: `key-${n}` }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => post({ events })));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
    const idsOf = (answer: (typeof answers)[0]) => answer.body.results.map(({ id }: { id: string }) => id);
    for (const answer of answers) {
      expect(idsOf(answer)).toEqual(idsOf(answers[0]!));
      expect(answer.body).toMatchObject({ rejected: 0 });
    }
    const sum = (name: "accepted" | "duplicates") => answers.reduce((total, { body }) => total + body[name], 0);
    expect([sum("accepted"), sum("duplicates")]).toEqual([20, 180]);
    expect((await stored()).map(({ id }) => id).sort()).toEqual(idsOf(answers[0]!).sort());
  });

  it("takes the Idempotency-Key header for the whole request, quoted or not", async () => {
    const { post, stored } = await posting();
    const body = { events: [event, event] };
    const first = await post(body, { "idempotency-key": "order-7" });
    const again = await post(body, { "idempotency-key": '"order-7"' });
    expect(first.body).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(again.body).toMatchObject({ accepted: 0, duplicates: 2 });
    expect(again.body.results.map(({ id }: { id: string }) => id)).toEqual(first.body.results.map(({ id }: { id: string }) => id));
    expect(await stored()).toHaveLength(2);
    expect((await post(event, { "idempotency-key": "k".repeat(256) })).body).toMatchObject({
      code: "request-malformed",
      header: "Idempotency-Key",
    });
  });

  it("refuses a key that comes again with other content, pointing at it, and keeps the first", async () => {
    const { key, post, stored } = await posting();
    const first = await post({ ...event, idempotency_key: "once" });
    const other = { ...event, page_title: "Other", idempotency_key: "once" };
    expect(await post(other)).toMatchObject({ status: 409, body: { code: "idempotency-conflict", pointer: "/idempotency_key" } });
    const batch = await post({ events: [event, other] });
    expect(batch).toMatchObject({ status: 202, body: { accepted: 1, rejected: 1 } });
    expect(batch.body.results[1].problem).toMatchObject({ status: 409, pointer: "/events/1/idempotency_key" });
    const twice = await post({
      events: [
        { ...event, idempotency_key: "two" },
        { ...other, idempotency_key: "two" },
      ],
    });
    expect(twice.body.results).toMatchObject([{ status: "accepted" }, { status: "rejected", problem: { code: "idempotency-conflict" } }]);
    expect(await stored()).toHaveLength(3);
    const kept = await gateway.call("GET", `/analytics/events/${first.body.results[0].id}`, { key });
    expect(kept.body.page_title).toBeUndefined();
  });

  it("knows an event again whatever the order of its fields, alone or in a batch", async () => {
    const { post } = await posting();
    const { event_name, page_url } = event;
    const first = await post({ event_name, page_url, idempotency_key: "same", user_id: null });
    expect((await post({ events: [{ idempotency_key: "same", page_url, event_name }] })).body).toMatchObject({
      duplicates: 1,
      results: [{ id: first.body.results[0].id, status: "duplicate" }],
    });
  });

  it("makes a new event of every post without a key", async () => {
    const { post, stored } = await posting();
    await Promise.all([post(event), post(event), post({ events: [event, event] })]);
    expect(await stored()).toHaveLength(4);
  });

  it("lists events newest first in pages that neither repeat nor miss one", async () => {
    const { key, post } = await posting();
    const posted: string[] = [];
    for (const size of [3, 1, 7, 2]) {
      const { body } = await post({ events: Array(size).fill(event) });
      posted.push(...body.results.map(({ id }: { id: string }) => id));
    }
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await gateway.call("GET", `/analytics/events?limit=4${cursor && `&cursor=${cursor}`}`, { key });
      expect(page.body.items.length).toBeLessThanOrEqual(4);
      seen.push(...page.body.items.map(({ id }: { id: string }) => id));
      cursor = page.body.next_cursor;
    }
    expect(seen).toHaveLength(13);
    expect([...seen].sort()).toEqual([...posted].sort());
  });

  it("reports what it cut or moved, and keeps the rest", async () => {
    const { key, post } = await posting();
    const { status, body } = await post({ ...event, page_title: "t".repeat(600), occurred_at: "2000-01-01T00:00:00Z" });
    expect(status).toBe(202);
    expect(body.results[0].adjustments).toMatchObject([
      { pointer: "/page_title", change: "truncated" },
      { pointer: "/occurred_at", change: "clamped" },
    ]);
    const kept = await gateway.call("GET", `/analytics/events/${body.results[0].id}`, { key });
    expect(kept.body.page_title).toBe("t".repeat(512));
  });
});
