import { describe, expect, it } from "vitest";
import type { ProviderQuestion, ProviderRequest } from "../../../../shared/providers/definition.ts";
import matomo from "../../../../shared/providers/matomo/index.ts";
import recording from "../../../../shared/providers/matomo/recording.ts";

const { credentials: references, ...example } = recording.exampleSettings("https://analytics.example");
const token = recording.exampleSecrets!["matomo-token-auth"]!;
const superToken = token.replace("write3", "super3");
const own = (fields: object = {}) => matomo.settings.parse({ ...example, ...fields });
const request = (events: number): ProviderRequest => ({
  method: "POST",
  url: "https://analytics.example/matomo.php",
  headers: {},
  body: "",
  events: Array.from({ length: events }, (_, index) => index),
});
const batch = (tracked: number, invalid: number, others: object = {}) => JSON.stringify({ status: "success", tracked, invalid, ...others });
const aboutItself = "This resource is part of Matomo. Keep full control …";

describe("Matomo's answers", () => {
  it.each([
    [200, batch(2, 0), ["delivered", "delivered"]],
    [200, batch(2, 0, { invalid_indices: [] }), ["delivered", "delivered"]],
    [200, batch(0, 2), ["rejected", "rejected"]],
    [200, batch(0, 1), ["rejected"]],
    [200, batch(1, 1, { invalid_indices: [0] }), ["rejected", "delivered"]],
    [200, batch(1, 1), ["accepted_unverifiable", "accepted_unverifiable"]],
    [200, batch(1, 0), ["accepted_unverifiable", "accepted_unverifiable"]],
    [200, batch(1, 1, { invalid_indices: [2] }), ["accepted_unverifiable", "accepted_unverifiable", "rejected"]],
    [200, batch(0, 0), ["retry", "retry"]],
    [200, batch(0, 1), ["retry", "retry"]],
    [200, JSON.stringify({ status: "error", tracked: 1, invalid: 0 }), ["retry", "retry"]],
    [500, JSON.stringify({ status: "error", tracked: 1, invalid: 0 }), ["retry", "retry"]],
    [400, JSON.stringify({ status: "error", tracked: 0, invalid: 0 }), ["rejected"]],
    [204, "", ["accepted_unverifiable"]],
    [200, "Debug enabled - Input parameters:", ["accepted_unverifiable"]],
    [200, aboutItself, ["rejected"]],
    [200, "<html>Welcome</html>", ["rejected"]],
    [200, "null", ["rejected"]],
    [200, '{"status":"success","tracked":"2","invalid":0}', ["rejected"]],
    [301, "", ["rejected"]],
    [400, aboutItself, ["rejected"]],
    [401, "", ["rejected"]],
    [403, "", ["rejected"]],
    [404, "", ["rejected"]],
    [408, "", ["retry"]],
    [413, "", ["split", "split"]],
    [413, "", ["rejected"]],
    [429, "", ["retry"]],
    [503, "", ["retry"]],
  ])("reads status %s with %j as %j", (status, body, verdicts) => {
    const answer = { status, headers: {}, body };
    expect(matomo.readAnswer(answer, request(verdicts.length)).map(({ verdict }) => verdict)).toEqual(verdicts);
  });

  it("says what may be wrong, and repeats nothing of the answer", () => {
    const reason = (status: number, body: string) => matomo.readAnswer({ status, headers: {}, body }, request(1))[0];
    expect(reason(200, batch(0, 1))).toMatchObject({ reason: expect.stringMatching(/website.*token/) });
    expect(reason(200, aboutItself)).toMatchObject({ reason: expect.stringContaining("BulkTracking") });
    expect(reason(200, "<p>secret")).not.toMatchObject({ reason: expect.stringContaining("secret") });
  });
});

describe("Matomo's verification", () => {
  /** Asks the recording server, and keeps what was asked and what it took. */
  const server = () => {
    const asked: ProviderQuestion[] = [];
    const taken: unknown[] = [];
    const ask = async (question: ProviderQuestion) => {
      asked.push(question);
      const { pathname } = new URL(question.url);
      const answer = recording.answer({ method: question.method, path: pathname, headers: question.headers, body: question.body ?? "" });
      taken.push(...(answer?.recorded ?? []));
      const body = typeof answer?.body === "string" ? answer.body : JSON.stringify(answer?.body ?? "");
      return { status: answer?.status ?? 404, headers: {}, body };
    };
    return { asked, taken, ask };
  };
  const verify = (secret: string | undefined, fields: object = {}, { ask } = server()) =>
    matomo.verify!({ settings: own(fields), secrets: secret === undefined ? {} : { token_auth_ref: secret } }, ask, 0);

  it("proves on the way of events that the token may write, and leaves nothing behind", async () => {
    const { asked, taken, ask } = server();
    expect(await verify(token, {}, { ask, asked, taken })).toEqual({ result: "verified", detail: "the token may write to website 1" });
    expect(asked).toHaveLength(1);
    expect(taken).toEqual([]);
    const [{ url, headers, body = "" }] = asked as [ProviderQuestion];
    expect(url + JSON.stringify(headers)).not.toContain(token);
    expect(JSON.parse(body).requests).toEqual([expect.not.stringContaining("rec=")]);
  });

  it("says when the token may do more than it has to", async () => {
    expect(await verify(superToken)).toMatchObject({ result: "verified", detail: expect.stringContaining("super user") });
  });

  it.each([
    ["wrong token", {}, /token may not write to website 1/],
    [token, { site_id: 2 }, /no website 2/],
    [token, { instance_url: "https://analytics.example/elsewhere" }, /not as this provider does \(status 404\)/],
    [undefined, {}, /not a token/],
  ])("fails with the token %s and %j, and says why", async (secret, fields, why) => {
    const state = server();
    const verification = await verify(secret?.replace(" ", "-"), fields, state);
    expect(verification).toMatchObject({ result: "failed", detail: expect.stringMatching(why) });
    expect(verification.detail).not.toContain(token);
    expect(state.taken).toEqual([]);
  });

  it.each([
    [{ unreachable: "timeout" }, /does not answer: timeout/],
    [{ status: 200, headers: {}, body: batch(0, 0) }, /records nothing/],
    [{ status: 200, headers: {}, body: aboutItself }, /not as this provider does/],
    [{ status: 500, headers: {}, body: JSON.stringify({ status: "error", tracked: 0, invalid: 0 }) }, /status 500/],
  ])("fails when the server says %j", async (answer, why) => {
    const verification = await verify(token, {}, { ...server(), ask: async () => answer as never });
    expect(verification).toMatchObject({ result: "failed", detail: expect.stringMatching(why) });
  });

  it("does not guess when the second question has no answer", async () => {
    const answers = [{ status: 200, headers: {}, body: batch(0, 1) }, { unreachable: "timeout" }];
    const verification = await verify(token, {}, { ...server(), ask: async () => answers.shift() as never });
    expect(verification).toMatchObject({ result: "failed", detail: expect.stringMatching(/website or the token/) });
  });
});
