import { createVerify, generateKeyPairSync } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { AskProvider } from "../../../shared/providers/definition.ts";
import recording from "../../../shared/providers/ga4/recording.ts";
import { settings } from "../../../shared/providers/ga4/settings.ts";
import { verify } from "../../../shared/providers/ga4/verify.ts";
import { answerOf, askedProvider, askRecording } from "../../support/asked-provider.ts";

const at = Date.UTC(2026, 2, 1);
const secret = "example-Secret_0123456";
const own = { property_id: "123456789", data_stream_id: "987654321" };
const admin = "https://analyticsadmin.googleapis.com/v1beta/properties/123456789/dataStreams/987654321";
const valid = answerOf(200, { validationMessages: [] });
const granted = answerOf(200, { access_token: "an.access.token", expires_in: 3599 });
const stream = answerOf(200, { webStreamData: { measurementId: "G-ABC123DEF4" } });
const secretsOf = (...values: string[]) => answerOf(200, { measurementProtocolSecrets: values.map((secretValue) => ({ secretValue })) });

let publicKey: string;
let privateKey: string;
let accountKey: string;
const accountOf = (fields: object) =>
  JSON.stringify({
    client_email: "example-viewer@example-project.iam.gserviceaccount.com",
    private_key: privateKey,
    private_key_id: "key-1",
    token_uri: "https://oauth2.googleapis.com/token",
    ...fields,
  });
beforeAll(() => {
  ({ publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  }));
  accountKey = accountOf({});
});

interface Given {
  readonly own?: object;
  readonly secrets?: Record<string, string>;
  readonly measurement_id?: string;
}
const check = (ask: AskProvider, { own = {}, secrets = {}, measurement_id = "G-ABC123DEF4" }: Given = {}) =>
  verify({ settings: settings.parse(own), credentials: { measurement_id }, secrets: { api_secret_ref: secret, ...secrets } }, ask, at);
const checkAccount = (ask: AskProvider, given: Given = {}) =>
  check(ask, { own, ...given, secrets: { service_account_json_ref: accountKey, ...given.secrets } });

describe("verifying a GA4 config without a service account", () => {
  it("lets Google validate an event that is not collected, and says that this proves nothing of the secret", async () => {
    const { ask, asked } = askedProvider(valid);

    const found = await check(ask);

    expect(found).toMatchObject({
      result: "unverifiable",
      detail: expect.stringMatching(/never says whether API secret and measurement id/),
    });
    expect(asked).toHaveLength(1);
    const { origin, pathname, searchParams } = new URL(asked[0]!.url);
    expect([asked[0]!.method, origin, pathname]).toEqual(["POST", "https://region1.google-analytics.com", "/debug/mp/collect"]);
    expect(Object.fromEntries(searchParams)).toEqual({ measurement_id: "G-ABC123DEF4", api_secret: secret });
    expect(JSON.parse(asked[0]!.body!)).toMatchObject({ consent: { ad_user_data: "DENIED", ad_personalization: "DENIED" } });
  });

  it.each([
    [answerOf(200, { validationMessages: [{ validationCode: "VALUE_INVALID", description: secret }] }), /refuses an event that is right/],
    [answerOf(200, "<html>Welcome</html>"), /not as this provider does/],
    [answerOf(200, { validationMessages: "none" }), /not as this provider does/],
    [answerOf(204), /answers 204/],
    [answerOf(404), /answers 404/],
    [answerOf(503), /answers 503/],
    [{ unreachable: "timeout" }, /does not answer: timeout/],
  ] as const)("fails where an answer proves that something is wrong: %o", async (answer, detail) => {
    const found = await check(askedProvider(answer).ask);
    expect(found).toMatchObject({ result: "failed", detail: expect.stringMatching(detail) });
    expect(found.answer).toEqual("status" in answer ? answer : undefined);
    expect(found.detail).not.toContain(secret);
  });

  it.each([400, 404, 405])("forgives a tagging container the validation endpoint that it does not have (%s)", async (status) => {
    const { ask, asked } = askedProvider(answerOf(status));
    const found = await check(ask, { own: { instance_url: "https://tags.club.example/base" } });
    expect(found).toMatchObject({ result: "unverifiable", detail: expect.stringMatching(/nothing is known of what it forwards/) });
    expect(asked[0]!.url).toMatch(/^https:\/\/tags\.club\.example\/base\/debug\/mp\/collect\?/);
  });

  it("sends no secret that can't be one", async () => {
    const { ask, asked } = askedProvider(valid);
    for (const wrong of ["", "two words", "x".repeat(201)]) {
      expect(await check(ask, { secrets: { api_secret_ref: wrong } })).toMatchObject({ result: "failed" });
    }
    expect(asked).toEqual([]);
  });
});

describe("verifying a GA4 config with a service account", () => {
  it("finds measurement id and API secret in the data stream", async () => {
    const { ask, asked } = askedProvider(valid, granted, stream, secretsOf("another", secret));

    expect(await checkAccount(ask)).toEqual({ result: "verified", detail: "the data stream has the measurement id and the API secret" });

    expect(asked.slice(1).map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST https://oauth2.googleapis.com/token",
      `GET ${admin}`,
      `GET ${admin}/measurementProtocolSecrets?pageSize=10`,
    ]);
    expect(asked.slice(2).map(({ headers }) => headers["authorization"])).toEqual(Array(2).fill("Bearer an.access.token"));
  });

  it("logs in with an assertion that the account's key signed, for five minutes and to read only", async () => {
    const { ask, asked } = askedProvider(valid, granted, stream, secretsOf(secret));
    await checkAccount(ask);

    const form = new URLSearchParams(asked[1]!.body);
    expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [head = "", claims = "", signature = ""] = form.get("assertion")!.split(".");
    expect(createVerify("RSA-SHA256").update(`${head}.${claims}`).verify(publicKey, signature, "base64url")).toBe(true);
    const decoded = [head, claims].map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
    expect(decoded).toEqual([
      { alg: "RS256", typ: "JWT", kid: "key-1" },
      {
        iss: "example-viewer@example-project.iam.gserviceaccount.com",
        scope: "https://www.googleapis.com/auth/analytics.readonly",
        aud: "https://oauth2.googleapis.com/token",
        iat: at / 1000,
        exp: at / 1000 + 300,
      },
    ]);
  });

  it("looks at more pages until the secret is found", async () => {
    const first = answerOf(200, { measurementProtocolSecrets: [{ secretValue: "another" }], nextPageToken: "a/b" });
    const { ask, asked } = askedProvider(valid, granted, stream, first, secretsOf(secret));
    expect(await checkAccount(ask)).toMatchObject({ result: "verified" });
    expect(asked[4]!.url).toBe(`${admin}/measurementProtocolSecrets?pageSize=10&pageToken=a%2Fb`);
  });

  it("gives up on pages without end, and claims nothing", async () => {
    const endless = answerOf(200, { measurementProtocolSecrets: [{ secretValue: "another" }], nextPageToken: "next" });
    const { ask, asked } = askedProvider(valid, granted, stream, endless);
    expect(await checkAccount(ask)).toMatchObject({ result: "unverifiable" });
    expect(asked).toHaveLength(13);
  });

  it.each([
    ["no such secret", [secretsOf("another")], /no such API secret/],
    ["no secrets at all", [answerOf(200, {})], /no such API secret/],
  ] as const)("fails without repeating the stream's secrets where it has %s", async (_, answers, detail) => {
    const found = await checkAccount(askedProvider(valid, granted, stream, ...answers).ask);
    expect(found).toEqual({ result: "failed", detail: expect.stringMatching(detail) });
  });

  it("fails where the data stream is another's", async () => {
    const { ask, asked } = askedProvider(valid, granted, stream);
    const found = await checkAccount(ask, { measurement_id: "G-OTHER" });
    expect(found).toMatchObject({ result: "failed", detail: expect.stringMatching(/another measurement id/) });
    expect(asked).toHaveLength(3);
  });

  it.each([
    [answerOf(401, "unauthenticated an.access.token"), "failed", /status 401/],
    [answerOf(403), "unverifiable", /may not read the property/],
    [answerOf(404), "failed", /no data stream of this property_id/],
    [answerOf(500), "failed", /status 500/],
    [answerOf(200, { androidAppStreamData: {} }), "failed", /none of a website/],
    [answerOf(200, "<html>"), "failed", /none of a website/],
    [{ unreachable: "timeout" }, "failed", /could not be read: timeout/],
  ] as const)("says honestly what reading the data stream proves: %o is %s", async (answer, result, detail) => {
    const found = await checkAccount(askedProvider(valid, granted, answer).ask);
    expect(found).toMatchObject({ result, detail: expect.stringMatching(detail) });
    expect(JSON.stringify(found)).not.toContain("an.access.token");
  });

  it.each([
    [answerOf(400, { error: "invalid_grant" }), /does not take the service account's key/],
    [answerOf(401), /does not take the service account's key/],
    [answerOf(500), /could not log in: status 500/],
    [answerOf(200, "{}"), /gives no token/],
    [answerOf(200, { access_token: "two words" }), /gives no token/],
    [{ unreachable: "dns" }, /could not log in: dns/],
  ] as const)("fails where the account can't log in: %o", async (answer, detail) => {
    const { ask, asked } = askedProvider(valid, answer);
    expect(await checkAccount(ask)).toMatchObject({ result: "failed", detail: expect.stringMatching(detail) });
    expect(asked).toHaveLength(2);
  });

  it("shows no assertion that the token endpoint repeats", async () => {
    let assertion = "";
    const ask: AskProvider = async ({ url, body }) => {
      assertion = new URLSearchParams(body).get("assertion") ?? "";
      return url.includes("/debug/") ? valid : answerOf(400, `invalid: ${assertion}`);
    };
    const found = await checkAccount(ask);
    expect(assertion).not.toBe("");
    expect(found.answer?.body).toBe("invalid: [REDACTED_SECRET]");
  });

  it("takes no key that can't sign, or whose tokens come without encryption, and repeats nothing of it", async () => {
    const { privateKey: elliptic } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const wrong = [
      "{",
      "marker-5d1f",
      "null",
      accountOf({ private_key: "marker-5d1f" }),
      accountOf({ private_key: elliptic }),
      accountOf({ client_email: 5 }),
      accountOf({ token_uri: "http://oauth2.googleapis.com/token" }),
      accountOf({ token_uri: "marker-5d1f" }),
    ];
    for (const service_account_json_ref of wrong) {
      const { ask, asked } = askedProvider(valid);
      const found = await checkAccount(ask, { secrets: { service_account_json_ref } });
      expect(found).toEqual({ result: "failed", detail: "the secret of service_account_json_ref is not a service account's key" });
      expect(asked).toHaveLength(1);
    }
  });

  it("can't look anything up without knowing where", async () => {
    const { ask, asked } = askedProvider(valid);
    for (const half of [{}, { property_id: "1" }, { data_stream_id: "1" }]) {
      expect(await checkAccount(ask, { own: half })).toMatchObject({
        result: "unverifiable",
        detail: expect.stringContaining("data_stream_id"),
      });
    }
    expect(asked).toHaveLength(3);
  });

  it("tells right from wrong at the recording server", async () => {
    const ask = askRecording(recording);
    expect(await check(ask, { own })).toMatchObject({ result: "unverifiable" });
    expect(await checkAccount(ask)).toMatchObject({ result: "verified" });
    expect(await checkAccount(ask, { secrets: { api_secret_ref: "another" } })).toMatchObject({ result: "failed" });
    expect(await checkAccount(ask, { measurement_id: "G-OTHER" })).toMatchObject({ result: "failed" });
    expect(await checkAccount(ask, { own: { ...own, data_stream_id: "1" } })).toMatchObject({ result: "failed", answer: { status: 404 } });
    expect(await checkAccount(ask, { own: { ...own, property_id: "1" } })).toMatchObject({ result: "unverifiable" });
    const stranger = accountOf({ client_email: "somebody@else.example" });
    expect(await checkAccount(ask, { secrets: { service_account_json_ref: stranger } })).toMatchObject({ result: "failed" });
  });
});
