import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type InsightScene, noReply, openInsightScene, reply } from "../../support/insight-scene.ts";

const on = (flags: Record<string, boolean | string>, incomplete?: string) =>
  reply(200, {
    flags: Object.fromEntries(Object.entries(flags).map(([key, value]) => [key, { value }])),
    ...(incomplete ? { incomplete } : {}),
  });
const visitors = [{ id: "one" }];
const second = 1000;

describe("evaluating flags", () => {
  let open: InsightScene;
  beforeEach(async () => {
    open = openInsightScene();
    await open.enabled();
  });
  afterEach(() => open.close());
  const flagsOf = async (body: object) => (await open.flags({ visitors, ...body })).results[0]!.flags;

  it("answers for every visitor in their order, asking each once, a few at a time", async () => {
    let underWay = 0;
    let most = 0;
    const send = open.ports.http.send;
    open.ports.http.send = async (request) => {
      most = Math.max(most, ++underWay);
      const answer = await send(request);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return answer;
    };
    open.says(({ body }) => on({ who: body! }));
    const many = Array.from({ length: 100 }, (_, n) => ({ id: `visitor-${n}` }));

    const { results, errors } = await open.flags({ visitors: many });

    expect(results).toEqual(many.map(({ id }) => ({ id, flags: { who: { value: id, source: "provider" } } })));
    expect(errors).toBeUndefined();
    expect(open.requests).toHaveLength(100);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("gives the flags that are asked for only, and defaults to those that the provider does not have", async () => {
    open.says(on({ a: true, b: "x" }));
    expect(await flagsOf({ flags: ["a", "none"], defaults: { none: "d", a: false, other: true } })).toEqual({
      a: { value: true, source: "provider" },
      none: { value: "d", source: "default" },
    });
  });

  it("asks once in 30 s for the same visitor, flags and config, and not for less alike", async () => {
    open.says(on({ a: true }));
    await flagsOf({ flags: ["a", "b"] });
    expect(await flagsOf({ flags: ["b", "a", "a"] })).toEqual({ a: { value: true, source: "cache" } });
    expect(open.requests).toHaveLength(1);

    await flagsOf({ flags: ["a"] });
    await flagsOf({ visitors: [{ id: "two" }], flags: ["a", "b"] });
    await flagsOf({ visitors: [{ id: "one", properties: { plan: "pro" } }], flags: ["a", "b"] });
    expect(open.requests).toHaveLength(4);

    await open.clock.advance(29 * second);
    await flagsOf({ flags: ["a", "b"] });
    expect(open.requests).toHaveLength(4);
    await open.clock.advance(second);
    expect(await flagsOf({ flags: ["a", "b"] })).toEqual({ a: { value: true, source: "provider" } });
    expect(open.requests).toHaveLength(5);
  });

  it("remembers nothing of a config that was changed", async () => {
    open.says(on({ a: true }));
    await flagsOf({});
    await open.enabled("config-1", {}, { updated_at: "2026-02-01T00:00:00.000Z" });
    open.says(reply(500));
    expect(await flagsOf({})).toEqual({});
  });

  it.each([
    ["a timeout", noReply("timeout"), "timeout"],
    ["a lost connection", noReply("connection-lost"), "connection-lost"],
    ["an error there", reply(500), "status 500"],
    ["a quota", reply(402), "status 402"],
    ["a refusal", reply(401), "status 401"],
  ])("gives after %s what was said lately, else the default, else nothing, and says so", async (_, answer, detail) => {
    open.says(on({ a: "x" }));
    await flagsOf({});
    await open.clock.advance(599 * second);
    open.says(answer);

    const { results, errors } = await open.flags({ visitors: [...visitors, { id: "two" }], defaults: { a: "d", b: true } });

    expect(results).toEqual([
      { id: "one", flags: { a: { value: "x", source: "cache" }, b: { value: true, source: "default" } } },
      { id: "two", flags: { a: { value: "d", source: "default" }, b: { value: true, source: "default" } } },
    ]);
    expect(errors).toEqual([
      { pointer: "/visitors/0", detail },
      { pointer: "/visitors/1", detail },
    ]);
    await open.clock.advance(second);
    expect(await flagsOf({})).toEqual({});
  });

  it("keeps of what an incomplete answer leaves out the value said before, and asks again", async () => {
    open.says(on({ a: true, b: "old" }));
    await flagsOf({});
    await open.clock.advance(60 * second);
    open.says(on({ a: false }, "not all"));
    const expected = { a: { value: false, source: "provider" }, b: { value: "old", source: "cache" } };
    expect(await flagsOf({})).toEqual(expected);

    const { results, errors } = await open.flags({ visitors });

    expect(results[0]!.flags).toEqual(expected);
    expect(errors).toEqual([{ pointer: "/visitors/0", detail: "not all" }]);
    expect(open.requests).toHaveLength(3);
    await open.clock.advance(540 * second);
    expect(await flagsOf({})).toEqual({ a: { value: false, source: "provider" } });
  });

  it("forgets a flag that a whole answer no longer has", async () => {
    open.says(on({ a: true, gone: true }));
    await flagsOf({});
    await open.clock.advance(60 * second);
    open.says(on({ a: true }));
    await flagsOf({});
    open.says(reply(500));
    await open.clock.advance(60 * second);
    expect(Object.keys(await flagsOf({}))).toEqual(["a"]);
  });

  it("refuses a visitor who is nobody with a problem at its place, and answers for the others", async () => {
    open.says(on({ a: true }));
    const { results, errors } = await open.flags({ visitors: [...visitors, { id: "nobody" }], defaults: { a: false } });
    expect(results).toEqual([
      { id: "one", flags: { a: { value: true, source: "provider" } } },
      {
        id: "nobody",
        flags: { a: { value: false, source: "default" } },
        problem: expect.objectContaining({ code: "body-invalid", status: 422, pointer: "/visitors/1/id" }),
      },
    ]);
    expect(errors).toBeUndefined();
  });

  it("reads the secret again when it is refused, once for all visitors, and goes on with a newer one", async () => {
    const many = Array.from({ length: 30 }, (_, n) => ({ id: `visitor-${n}` }));
    open.vault.onRefresh = () => void open.secretValues.set("acme-token", "secret-of-acme-2");
    open.says(({ headers }) => (headers["authorization"] === "secret-of-acme-2" ? on({ a: true }) : reply(403)));

    const { results, errors } = await open.flags({ visitors: many });

    expect(results.every(({ flags }) => flags["a"]?.source === "provider")).toBe(true);
    expect(errors).toBeUndefined();
    expect(open.secretReads.map(({ refresh }) => refresh)).toEqual([false, true]);
  });

  it("asks for no one else once the newest secret was refused", async () => {
    const many = Array.from({ length: 100 }, (_, n) => ({ id: `visitor-${n}` }));
    open.says(reply(401));
    const { errors } = await open.flags({ visitors: many });
    expect(errors).toHaveLength(100);
    expect(open.requests.length).toBeLessThanOrEqual(8);
    expect(open.secretReads).toHaveLength(2);
  });

  it("asks for no one else once the provider has taken five seconds", async () => {
    const send = open.ports.http.send;
    open.ports.http.send = async (request) => {
      await open.clock.advance(3 * second);
      return send(request);
    };
    open.says(noReply("timeout"));
    const many = Array.from({ length: 100 }, (_, n) => ({ id: `visitor-${n}` }));
    const { results } = await open.flags({ visitors: many, defaults: { a: true } });
    expect(open.requests.length).toBeLessThanOrEqual(16);
    expect(open.requests.every(({ timeoutMs }) => timeoutMs <= 3 * second)).toBe(true);
    expect(results.every(({ flags }) => flags["a"]?.source === "default")).toBe(true);
  });

  it.each([
    ["the vault is down", (scene: InsightScene) => void Object.assign(scene.vault, { isDown: true }), "the vault can't answer"],
    [
      "the secret is gone",
      (scene: InsightScene) => void scene.secretValues.clear(),
      "the vault does not have the secret of token_ref for this tenant",
    ],
  ])("fails safe when %s", async (_, breakIt, detail) => {
    breakIt(open);
    const { results, errors } = await open.flags({ visitors, defaults: { a: true } });
    expect(results).toEqual([{ id: "one", flags: { a: { value: true, source: "default" } } }]);
    expect(errors).toEqual([{ pointer: "/visitors/0", detail }]);
  });

  it("404: a provider without flags; 409: a config that is not enabled", async () => {
    const { featureFlags: _, ...without } = open.definition;
    await expect(open.flags({ visitors }, open.tenant.id, without)).rejects.toMatchObject({ code: "not-found" });
    await open.enabled("config-1", { flags_on: false });
    await expect(open.flags({ visitors })).rejects.toMatchObject({ code: "feature-disabled", extensions: { pointer: "/flags_on" } });
  });
});
