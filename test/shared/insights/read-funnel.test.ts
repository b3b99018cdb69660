import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { funnelBody, type InsightScene, noReply, openInsightScene, reply } from "../../support/insight-scene.ts";

const counts = (...all: number[]) =>
  all.map((count, at) => ({ count, average_seconds: at === 0 ? null : 9.5, median_seconds: at === 0 ? null : 8 }));
const outcome = (...all: number[]) => reply(200, { breakdowns: [{ value: null, steps: counts(...all) }] });

describe("reading a funnel", () => {
  let open: InsightScene;
  beforeEach(async () => {
    open = openInsightScene();
    await open.enabled();
  });
  afterEach(() => open.close());

  it("has one form, with the steps' names and conversions from 0 to 1", async () => {
    open.says(
      reply(200, {
        breakdowns: [
          { value: "Chrome", steps: counts(10, 4) },
          { value: null, steps: counts(0, 0) },
        ],
        computedAt: "2026-03-02T01:00:00Z",
      }),
    );

    const { from, to, window } = funnelBody;
    expect(await open.funnel()).toEqual({
      from,
      to,
      window,
      computed_at: "2026-03-02T01:00:00Z",
      breakdowns: [
        {
          value: "Chrome",
          steps: [
            {
              name: "pageview",
              event: "pageview",
              count: 10,
              conversion_from_start: 1,
              conversion_from_previous: null,
              average_seconds: null,
              median_seconds: null,
            },
            {
              name: "Joined",
              event: "Signup",
              count: 4,
              conversion_from_start: 0.4,
              conversion_from_previous: 0.4,
              average_seconds: 9.5,
              median_seconds: 8,
            },
          ],
        },
        {
          value: null,
          steps: [
            expect.objectContaining({ count: 0, conversion_from_start: null, conversion_from_previous: null }),
            expect.objectContaining({ count: 0, conversion_from_start: null, conversion_from_previous: null }),
          ],
        },
      ],
    });
  });

  it.each([
    [
      "refused",
      reply(400, { detail: "no such kind" }),
      "provider-refused",
      { provider_status: 400, provider_answer: '{"detail":"no such kind"}' },
    ],
    [
      "limited",
      reply(429, "slow down", { "retry-after": "17" }),
      "provider-unavailable",
      { retry_after_seconds: 17, provider_status: 429 },
    ],
    ["failing", reply(503), "provider-unavailable", { provider_status: 503, provider_answer: "" }],
    ["silent", noReply("timeout"), "provider-unavailable", {}],
  ])("says that the provider is %s, with its answer", async (_, answer, code, extensions) => {
    open.says(answer);
    await expect(open.funnel()).rejects.toMatchObject({ code, extensions });
  });

  it("repeats of the provider's answer no secret and no address", async () => {
    open.says(reply(400, "no secret-of-acme-1 from 203.0.113.7"));
    await expect(open.funnel()).rejects.toMatchObject({ extensions: { provider_answer: "no [REDACTED_SECRET] from [REDACTED_IP]" } });
  });

  it.each([401, 403])("reads the secret again after %i, and asks once more with a newer one only", async (status) => {
    open.says(({ headers }) => (headers["authorization"] === "secret-of-acme-2" ? outcome(2, 1) : reply(status)));
    await expect(open.funnel()).rejects.toMatchObject({ code: "provider-refused", extensions: { provider_status: status } });
    expect(open.requests).toHaveLength(1);

    open.vault.onRefresh = () => void open.secretValues.set("acme-token", "secret-of-acme-2");
    expect((await open.funnel()).breakdowns).toHaveLength(1);
    expect(open.requests).toHaveLength(3);
    expect(open.secretReads.map(({ refresh }) => refresh)).toEqual([false, true, false, true]);
  });

  it("409: names what the config or its vault does not have", async () => {
    open.secretValues.clear();
    const noSecret = { code: "config-incomplete", extensions: { pointer: "/credentials/token_ref" } };
    await expect(open.funnel()).rejects.toMatchObject(noSecret);
    await open.config("config-1", { settings: { funnels_on: true } });
    await expect(open.funnel()).rejects.toMatchObject({
      code: "config-incomplete",
      extensions: { pointer: "/site", errors: [{ pointer: "/site" }, { pointer: "/credentials/token_ref" }] },
    });
    expect(open.requests).toEqual([]);
  });

  it("404: a provider without funnels", async () => {
    const { funnels: _, ...without } = open.definition;
    await expect(open.funnel({}, open.tenant.id, without)).rejects.toMatchObject({ code: "not-found" });
  });
});
