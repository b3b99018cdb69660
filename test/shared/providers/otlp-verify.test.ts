import { describe, expect, it } from "vitest";
import type { AskProvider } from "../../../shared/providers/definition.ts";
import recording from "../../../shared/providers/otlp/recording.ts";
import { settings } from "../../../shared/providers/otlp/settings.ts";
import { verify } from "../../../shared/providers/otlp/verify.ts";
import { answerOf, askedProvider, askRecording } from "../../support/asked-provider.ts";

const authorization = "Basic MTIzNDU2OmdsY19leGFtcGxl";
const endpoint = "https://logs.example/otlp/";
const refused = answerOf(401, { code: 16, message: "no credentials" });

const check = (ask: AskProvider, secrets: Record<string, string> = { authorization_ref: authorization }, own: object = {}) =>
  verify({ settings: settings.parse({ endpoint, ...own }), secrets }, ask);

describe("verifying an OTLP config", () => {
  it("exports no record with the authorization, and then without it", async () => {
    const { ask, asked } = askedProvider(answerOf(204), refused);

    const found = await check(ask, undefined, { headers: { "X-Scope-OrgID": "club" } });

    expect(found).toEqual({ result: "verified", detail: "the server takes the authorization, and nothing without it" });
    const question = { method: "POST", url: "https://logs.example/otlp/v1/logs", body: '{"resourceLogs":[]}' };
    const headers = { "x-scope-orgid": "club", "content-type": "application/json" };
    expect(asked).toEqual([
      { ...question, headers: { ...headers, authorization } },
      { ...question, headers },
    ]);
  });

  it.each([
    [answerOf(200, { partialSuccess: {} }), refused, "verified"],
    [answerOf(200, "{}"), answerOf(403), "verified"],
    // Loki looks at who asks before it misses the streams.
    [answerOf(400, "no streams"), refused, "verified"],
    [answerOf(422, "no streams"), refused, "verified"],
    [answerOf(204), answerOf(204), "unverifiable"],
    [answerOf(204), answerOf(500), "unverifiable"],
    [answerOf(204), { unreachable: "timeout" }, "unverifiable"],
    [answerOf(400), answerOf(400), "unverifiable"],
  ] as const)("believes in the authorization only where its lack is refused: %o, then %o, is %s", async (withIt, without, result) => {
    expect(await check(askedProvider(withIt, without).ask)).toMatchObject({ result });
  });

  it.each([
    [refused, /does not take the authorization/],
    [answerOf(403), /does not take the authorization/],
    [answerOf(404), /no log collector at this endpoint/],
    [answerOf(405), /no log collector at this endpoint/],
    [answerOf(415), /takes no JSON/],
    [answerOf(301), /status 301/],
    [answerOf(429), /status 429/],
    [answerOf(503), /status 503/],
    [answerOf(200, "<html>Welcome</html>"), /not as a log collector does/],
    [answerOf(200, "[]"), /not as a log collector does/],
    [{ unreachable: "connect-failed" }, /does not answer: connect-failed/],
  ] as const)("fails with what was answered: %o", async (answer, detail) => {
    const { ask, asked } = askedProvider(answer);
    const found = await check(ask);
    expect(found).toMatchObject({ result: "failed", detail: expect.stringMatching(detail) });
    expect(found.answer).toEqual("status" in answer ? answer : undefined);
    expect(asked).toHaveLength(1);
    expect(found.detail).not.toContain("MTIz");
  });

  it.each([
    [answerOf(204), "verified", /asks for no authorization/],
    [answerOf(400), "unverifiable", /refuses an export without records/],
    [refused, "failed", /asks for an authorization, and the config has no authorization_ref/],
  ] as const)("asks once where the config has no authorization: %o is %s", async (answer, result, detail) => {
    const { ask, asked } = askedProvider(answer);
    expect(await check(ask, {})).toMatchObject({ result, detail: expect.stringMatching(detail) });
    expect(asked).toHaveLength(1);
    expect(asked[0]!.headers).not.toHaveProperty("authorization");
  });

  it("sends no secret that no header can carry", async () => {
    const { ask, asked } = askedProvider(answerOf(204));
    expect(await check(ask, { authorization_ref: "Basic a\r\nb: c" })).toMatchObject({ result: "failed" });
    expect(asked).toEqual([]);
  });

  it("tells right from wrong at the recording server", async () => {
    const ask = askRecording(recording);
    const own = { endpoint: "http://127.0.0.1:9" };
    expect(await check(ask, undefined, own)).toMatchObject({ result: "verified" });
    expect(await check(ask, { authorization_ref: "Basic d3Jvbmc=" }, own)).toMatchObject({ result: "failed", answer: { status: 401 } });
    expect(await check(ask, {}, own)).toMatchObject({ result: "failed", answer: { status: 401 } });
    expect(await check(ask, undefined, { endpoint: "http://127.0.0.1:9/v2" })).toMatchObject({ result: "failed", answer: { status: 404 } });
  });
});
