import { describe, expect, it } from "vitest";
import type { AskProvider } from "../../../../shared/providers/definition.ts";
import recording from "../../../../shared/providers/posthog/recording.ts";
import { settings } from "../../../../shared/providers/posthog/settings.ts";
import { verify } from "../../../../shared/providers/posthog/verify.ts";
import { answerOf, askedProvider, askRecording } from "../../../support/asked-provider.ts";

const flagsBody = { flags: {}, errorsWhileComputingFlags: false };
const token = "phc_example0123456789";
const key = "phx_example0123456789";

function check(ask: AskProvider, { own = {}, secrets = {} }: { own?: object; secrets?: Record<string, string> } = {}) {
  const all: Record<string, string> = { project_token_ref: token, ...secrets };
  const credentials = Object.fromEntries(Object.keys(all).map((name) => [name, `name-of-${name}`]));
  return verify({ settings: settings.parse(own), credentials, secrets: all }, ask);
}
const withKey = { own: { project_id: "12345" }, secrets: { personal_api_key_ref: key } };

describe("verifying a PostHog config", () => {
  it("asks for flags with the token, as a server, without a place, and of nobody", async () => {
    const { ask, asked } = askedProvider(answerOf(200, flagsBody));

    expect(await check(ask)).toEqual({ result: "verified", detail: "the project token is valid" });

    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ method: "POST", url: "https://eu.i.posthog.com/flags?v=2" });
    expect(asked[0]!.headers["user-agent"]).not.toMatch(/Mozilla|undici|node/);
    expect(JSON.parse(asked[0]!.body!)).toMatchObject({ api_key: token, distinct_id: "config-check", geoip_disable: true });
  });

  it.each([
    [answerOf(401, "invalid"), "failed", /not valid at this instance_url/],
    [answerOf(402, "quota"), "verified", /over its plan's quota/],
    [answerOf(404), "failed", /status 404/],
    [answerOf(503), "failed", /status 503/],
    [answerOf(200, "<html>Welcome</html>"), "failed", /not as this provider does/],
    [{ unreachable: "timeout" }, "failed", /does not answer: timeout/],
  ] as const)("says of the token honestly what an answer proves: %o is %s", async (answer, result, detail) => {
    const found = await check(askedProvider(answer).ask);
    expect(found).toMatchObject({ result, detail: expect.stringMatching(detail) });
    expect(found.answer).toEqual(result === "failed" && "status" in answer ? answer : undefined);
  });

  it("sends no secret that is not a project token in its place", async () => {
    const { ask, asked } = askedProvider(answerOf(200, flagsBody));
    for (const secret of [key, "", "two words"]) {
      expect(await check(ask, { secrets: { project_token_ref: secret } })).toMatchObject({ result: "failed" });
    }
    expect(asked).toEqual([]);
  });

  it("reads the project with the personal key, on the host for people", async () => {
    const { ask, asked } = askedProvider(answerOf(200, flagsBody), answerOf(200, { id: 12345, api_token: token }));

    const found = await check(ask, withKey);

    expect(found).toEqual({ result: "verified", detail: "the project token is valid; the personal API key may read the project" });
    expect(asked[1]).toMatchObject({
      method: "GET",
      url: "https://eu.posthog.com/api/projects/12345/",
      headers: { authorization: `Bearer ${key}` },
    });
  });

  it("reads the key's owner where no project is named", async () => {
    const { ask, asked } = askedProvider(answerOf(200, flagsBody), answerOf(200, { email: "owner@club.example" }));
    const found = await check(ask, { own: { instance_url: "https://stats.club.example/base/" }, secrets: withKey.secrets });
    expect(found).toMatchObject({ result: "verified", detail: expect.stringContaining("its project was not checked") });
    expect(asked.map(({ url }) => url)).toEqual([
      "https://stats.club.example/base/flags?v=2",
      "https://stats.club.example/base/api/users/@me/",
    ]);
  });

  it.each([
    [answerOf(401), "failed", /personal API key is not valid/],
    [answerOf(403), "unverifiable", /may not read the project/],
    [answerOf(404), "failed", /no project of this project_id/],
    [answerOf(500), "failed", /status 500/],
    [answerOf(200, "hello"), "failed", /not as this provider does/],
    [answerOf(200, { api_token: "phc_of_another_project" }), "failed", /another project than the project token's/],
    [{ unreachable: "connect-failed" }, "failed", /could not be checked: connect-failed/],
  ] as const)("says of the personal key honestly what an answer proves: %o is %s", async (answer, result, detail) => {
    const found = await check(askedProvider(answerOf(200, flagsBody), answer).ask, withKey);
    expect(found).toMatchObject({ result, detail: expect.stringMatching(detail) });
    expect(JSON.stringify(found)).not.toMatch(/phc_|phx_/);
  });

  it("never takes the project token for a personal key", async () => {
    const { ask, asked } = askedProvider(answerOf(200, flagsBody));
    expect(await check(ask, { secrets: { personal_api_key_ref: token } })).toMatchObject({ result: "failed" });
    expect(asked).toHaveLength(1);
  });

  it("tells right from wrong at the recording server", async () => {
    const ask = askRecording(recording);
    expect(await check(ask, withKey)).toMatchObject({ result: "verified" });
    expect(await check(ask, { secrets: { personal_api_key_ref: key } })).toMatchObject({ result: "verified" });
    expect(await check(ask, { secrets: { project_token_ref: "phc_other" } })).toMatchObject({ result: "failed" });
    expect(await check(ask, { ...withKey, secrets: { personal_api_key_ref: "phx_other" } })).toMatchObject({ result: "failed" });
    expect(await check(ask, { ...withKey, own: { project_id: "1" } })).toMatchObject({ result: "failed" });
  });
});
