import { describe, expect, it } from "vitest";
import type { AskProvider } from "../../../shared/providers/definition.ts";
import recording from "../../../shared/providers/plausible/recording.ts";
import { settings } from "../../../shared/providers/plausible/settings.ts";
import { verify } from "../../../shared/providers/plausible/verify.ts";
import { answerOf, askedProvider, askRecording } from "../../support/asked-provider.ts";

const key = "example-stats-key-0123456789";
const visitors = answerOf(200, { results: [{ dimensions: [], metrics: [3] }] });

function check(ask: AskProvider, { own = {}, secrets = { api_key_ref: key } }: { own?: object; secrets?: Record<string, string> } = {}) {
  return verify({ settings: settings.parse({ site_id: "demo.example", ...own }), secrets }, ask);
}

describe("verifying a Plausible config", () => {
  it("asks for a day's visitors of the site with the key, and sends no event", async () => {
    const { ask, asked } = askedProvider(visitors);

    expect(await check(ask)).toEqual({ result: "verified", detail: "the key may read the site" });

    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      method: "POST",
      url: "https://plausible.io/api/v2/query",
      headers: { authorization: `Bearer ${key}` },
    });
    expect(JSON.parse(asked[0]!.body!)).toEqual({ site_id: "demo.example", metrics: ["visitors"], date_range: "day" });
  });

  it("asks the tenant's own server, for each site of a roll-up by its registered name", async () => {
    const { ask, asked } = askedProvider(visitors);
    const own = { site_id: "www.a.example,b.example/blog", instance_url: "https://stats.club.example/base/" };

    expect(await check(ask, { own })).toEqual({ result: "verified", detail: "the key may read the 2 sites" });

    expect(asked.map(({ url }) => url)).toEqual(Array(2).fill("https://stats.club.example/base/api/v2/query"));
    expect(asked.map(({ body }) => JSON.parse(body!).site_id)).toEqual(["a.example", "b.example/blog"]);
  });

  it("says which site the key may not read", async () => {
    const { ask } = askedProvider(visitors, answerOf(401, { error: "Invalid API key or site ID." }));
    expect(await check(ask, { own: { site_id: "a.example,b.example" } })).toMatchObject({
      result: "failed",
      detail: expect.stringContaining("b.example"),
    });
  });

  it("claims nothing about sites that it did not ask for", async () => {
    const { ask, asked } = askedProvider(visitors);
    const site_id = Array.from({ length: 12 }, (_, at) => `s${at}.example`).join();
    expect(await check(ask, { own: { site_id } })).toMatchObject({ result: "unverifiable", detail: expect.stringContaining("other 2") });
    expect(asked).toHaveLength(10);
  });

  it.each([
    [answerOf(400, { error: "bad" }), /status 400/],
    [answerOf(401, { error: `Invalid ${key}` }), /not valid, or has no access to the site demo\.example/],
    [answerOf(402), /locked and drops events, or its plan has no stats API/],
    [answerOf(404), /no stats API at this instance_url/],
    [answerOf(429), /status 429/],
    [answerOf(503), /status 503/],
    [answerOf(302), /status 302/],
    [answerOf(200, "<html>Welcome</html>"), /not as this provider does/],
    [answerOf(200, { results: "none" }), /not as this provider does/],
    [{ unreachable: "timeout" }, /does not answer: timeout/],
  ] as const)("fails with what was answered: %o", async (answer, detail) => {
    const found = await check(askedProvider(answer).ask);
    expect(found).toMatchObject({ result: "failed", detail: expect.stringMatching(detail) });
    expect(found.answer).toEqual("status" in answer ? answer : undefined);
    expect(found.detail).not.toContain(key);
  });

  it("sends no secret that is not a key", async () => {
    const { ask, asked } = askedProvider(visitors);
    for (const secret of ["", "two words", "line\nbreak", "x".repeat(501)]) {
      expect(await check(ask, { secrets: { api_key_ref: secret } })).toMatchObject({ result: "failed" });
    }
    expect(asked).toEqual([]);
  });

  it.each([
    [answerOf(200, { postgres: "ok", clickhouse: "ok" }), "unverifiable", /takes events for any domain .* only a stats API key/],
    [answerOf(500, { postgres: "error" }), "failed", /no healthy server .* answers 500/],
    [answerOf(404), "failed", /answers 404/],
    [answerOf(200, "<html>"), "failed", /not as this provider does/],
    [{ unreachable: "dns" }, "failed", /does not answer: dns/],
  ] as const)("without a key proves only that the server is there: %o is %s", async (answer, result, detail) => {
    const { ask, asked } = askedProvider(answer);
    const own = { instance_url: "https://stats.example/base/" };
    expect(await check(ask, { own, secrets: {} })).toMatchObject({ result, detail: expect.stringMatching(detail) });
    expect(asked).toMatchObject([{ method: "GET", url: "https://stats.example/base/api/health" }]);
  });

  it("asks the cloud nothing without a key", async () => {
    const { ask, asked } = askedProvider({ unreachable: "dns" });
    expect(await check(ask, { secrets: {} })).toMatchObject({ result: "unverifiable", detail: expect.stringContaining("api_key_ref") });
    expect(asked).toEqual([]);
  });

  it("tells right from wrong at the recording server", async () => {
    const ask = askRecording(recording);
    const own = { instance_url: "http://127.0.0.1:9" };
    expect(await check(ask, { own })).toMatchObject({ result: "verified" });
    expect(await check(ask, { own, secrets: { api_key_ref: "another-key" } })).toMatchObject({ result: "failed", answer: { status: 401 } });
    expect(await check(ask, { own: { ...own, site_id: "other.example" } })).toMatchObject({ result: "failed", answer: { status: 401 } });
    expect(await check(ask, { own, secrets: {} })).toMatchObject({ result: "unverifiable" });
  });
});
