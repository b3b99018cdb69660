import { describe, expect, it } from "vitest";
import type { AskProvider } from "../../../shared/providers/definition.ts";
import recording from "../../../shared/providers/umami/recording.ts";
import { settings } from "../../../shared/providers/umami/settings.ts";
import { verify } from "../../../shared/providers/umami/verify.ts";
import { answerOf, askedProvider, askRecording } from "../../support/asked-provider.ts";

const website_id = "8f2c1f0e-7c55-4b1d-9a52-0b5f4c2d9e11";
const instance_url = "https://analytics.example/base";
const user = { username_ref: "example-viewer", password_ref: "example-Passw0rd-0123" };
const loggedIn = answerOf(200, { token: "a.session.token", user: {} });
const website = answerOf(200, { id: website_id.toUpperCase(), name: "Shop" });
const itemRefused = { size: 1, processed: 0, errors: 1, details: [{ index: 0, response: { error: { status: 400 } } }] };
const batchTaken = answerOf(200, itemRefused);
const alive = answerOf(200, { ok: true });

const check = (ask: AskProvider, secrets: Record<string, string> = user, own: object = {}) =>
  verify({ settings: settings.parse({ website_id, instance_url, ...own }), secrets }, ask);

describe("verifying an Umami config", () => {
  it("reads the website as the user, and asks whether the server takes batches", async () => {
    const { ask, asked } = askedProvider(loggedIn, website, batchTaken);

    expect(await check(ask)).toEqual({ result: "verified", detail: "the user may see the website", capabilities: { batch: true } });

    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${instance_url}/api/auth/login`,
      `GET ${instance_url}/api/websites/${website_id}`,
      `POST ${instance_url}/api/batch`,
    ]);
    expect(JSON.parse(asked[0]!.body!)).toEqual({ username: user.username_ref, password: user.password_ref });
    expect(asked[1]!.headers["authorization"]).toBe("Bearer a.session.token");
  });

  it("asks about batches with an item that has nowhere to be stored", async () => {
    const { ask, asked } = askedProvider(alive, batchTaken);
    await check(ask, {}, { batch_path: "/renamed/batch" });
    expect(asked[1]!.url).toBe(`${instance_url}/renamed/batch`);
    expect(JSON.parse(asked[1]!.body!)).toEqual([{ type: "none", payload: {} }]);
    expect(asked[1]!.headers).not.toHaveProperty("authorization");
  });

  it.each([
    [answerOf(200, itemRefused), true],
    [answerOf(404), false],
    [answerOf(405), false],
    [answerOf(400), false],
    [answerOf(500), false],
    // Nothing says that the item was looked at.
    [answerOf(200, { size: 1, processed: 1, errors: 0, details: [] }), false],
    [answerOf(200, "<html>Welcome</html>"), false],
    [answerOf(404, itemRefused), false],
    [{ unreachable: "timeout" }, false],
  ] as const)("believes in batches only where the item was refused by itself: %o is %s", async (answer, batch) => {
    expect(await check(askedProvider(loggedIn, website, answer).ask)).toMatchObject({ result: "verified", capabilities: { batch } });
  });

  it.each([
    [answerOf(401, { error: { code: "incorrect-username-password" } }), /does not know this user with this password/],
    [answerOf(404), /no server of this provider/],
    [answerOf(405), /no server of this provider/],
    [answerOf(500), /could not log in: status 500/],
    [{ unreachable: "dns" }, /does not answer: dns/],
  ] as const)("fails with what the login answered: %o", async (answer, detail) => {
    const { ask, asked } = askedProvider(answer);
    const found = await check(ask);
    expect(found).toMatchObject({ result: "failed", detail: expect.stringMatching(detail) });
    expect(found.answer).toEqual("status" in answer ? answer : undefined);
    expect(found).not.toHaveProperty("capabilities");
    expect(asked).toHaveLength(1);
  });

  it("passes on nothing of a login that it can't read, for it may hold a token", async () => {
    for (const body of ["<html>", "{}", { token: "" }, { token: "two words" }, { token: 5 }]) {
      const found = await check(askedProvider(answerOf(200, body)).ask);
      expect(found).toEqual({ result: "failed", detail: "instance_url answers, but not as this provider does" });
    }
  });

  it.each([
    [answerOf(401), /may not see the website .* does not say which/],
    [answerOf(403), /may not see the website/],
    [answerOf(404), /no website of this website_id/],
    [answerOf(200, "null"), /no website of this website_id/],
    [answerOf(200, { id: "9f2c1f0e-7c55-4b1d-9a52-0b5f4c2d9e11" }), /no website of this website_id/],
    [answerOf(200, "<html>"), /not as this provider does/],
    [answerOf(502), /status 502/],
    [{ unreachable: "timeout" }, /could not be read: timeout/],
  ] as const)("fails with what reading the website answered: %o", async (answer, detail) => {
    const found = await check(askedProvider(loggedIn, answer).ask);
    expect(found).toMatchObject({ result: "failed", detail: expect.stringMatching(detail) });
    expect(found.answer).toEqual("status" in answer ? answer : undefined);
  });

  it("shows no token that the server repeats", async () => {
    const found = await check(askedProvider(loggedIn, answerOf(500, "no session a.session.token")).ask);
    expect(found.answer?.body).toBe("no session [REDACTED_SECRET]");
  });

  it("needs a user's name and password together", async () => {
    const { ask, asked } = askedProvider(loggedIn);
    expect(await check(ask, { username_ref: "viewer" })).toMatchObject({
      result: "failed",
      detail: expect.stringContaining("password_ref"),
    });
    expect(await check(ask, { password_ref: "x" })).toMatchObject({ result: "failed", detail: expect.stringContaining("username_ref") });
    expect(asked).toEqual([]);
  });

  it.each([
    [alive, {}, "unverifiable", /server answers, .* needs a user/],
    [alive, { api_key_ref: "key" }, "unverifiable", /only the cloud has API keys/],
    [answerOf(404), {}, "failed", /heartbeat answers 404/],
    [answerOf(200, "<html>"), {}, "failed", /not as this provider does/],
    [{ unreachable: "dns" }, {}, "failed", /does not answer: dns/],
  ] as const)("without a user proves only that the server is there: %o, %o is %s", async (answer, secrets, result, detail) => {
    const { ask, asked } = askedProvider(answer, batchTaken);
    expect(await check(ask, secrets)).toMatchObject({ result, detail: expect.stringMatching(detail) });
    expect(asked[0]).toMatchObject({ method: "GET", url: `${instance_url}/api/heartbeat` });
    expect(asked).toHaveLength(result === "failed" ? 1 : 2);
  });

  describe("in the cloud", () => {
    const cloud = { instance_url: "https://cloud.umami.is" };

    it("reads the website with the key on the cloud's own host, and asks for no batch", async () => {
      const { ask, asked } = askedProvider(website);
      const found = await check(ask, { api_key_ref: " example-key\n" }, cloud);
      expect(found).toEqual({ result: "verified", detail: "the API key may see the website" });
      const headers = { "x-umami-api-key": "example-key", accept: "application/json" };
      expect(asked).toEqual([{ method: "GET", url: `https://api.umami.is/v1/websites/${website_id}`, headers }]);
    });

    it("sends the key to no other host that ends like the cloud's", async () => {
      const { ask, asked } = askedProvider(alive, batchTaken);
      await check(ask, { api_key_ref: "example-key" }, { instance_url: "https://notumami.is" });
      expect(JSON.stringify(asked)).not.toContain("example-key");
      expect(asked[0]!.url).toBe("https://notumami.is/api/heartbeat");
    });

    it("can prove nothing without a key, and sends no secret that is none", async () => {
      const { ask, asked } = askedProvider(website);
      expect(await check(ask, {}, cloud)).toMatchObject({ result: "unverifiable", detail: expect.stringContaining("api_key_ref") });
      expect(await check(ask, { api_key_ref: "two words" }, cloud)).toMatchObject({ result: "failed" });
      expect(asked).toEqual([]);
    });

    it("fails with a key that is not valid", async () => {
      const found = await check(askedProvider(answerOf(401)).ask, { api_key_ref: "example-key" }, cloud);
      expect(found).toMatchObject({ result: "failed", answer: { status: 401 } });
      expect(found.detail).not.toContain("example-key");
    });
  });

  it("tells right from wrong at the recording server, and leaves no event there", async () => {
    const ask = askRecording(recording);
    const own = { instance_url: "http://127.0.0.1:9" };
    expect(await check(ask, user, own)).toMatchObject({ result: "verified", capabilities: { batch: true } });
    expect(await check(ask, { ...user, password_ref: "wrong" }, own)).toMatchObject({ result: "failed", answer: { status: 401 } });
    expect(await check(ask, user, { ...own, website_id: website_id.replace("8", "9") })).toMatchObject({ result: "failed" });
    expect(await check(ask, {}, own)).toMatchObject({ result: "unverifiable", capabilities: { batch: true } });
  });
});
