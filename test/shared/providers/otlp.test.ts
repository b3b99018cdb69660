import { describe, expect, it } from "vitest";
import otlp from "../../../shared/providers/otlp/index.ts";
import { mapEvents } from "../../../shared/providers/otlp/map-events.ts";
import recording from "../../../shared/providers/otlp/recording.ts";
import { settings } from "../../../shared/providers/otlp/settings.ts";

const endpoint = "https://logs.example/otlp";
const arrival = "2026-03-01T10:00:00.250Z";
const event = (fields: object) =>
  ({ id: "event-1", received_at: arrival, event_name: "Signup", occurred_at: "2026-03-01T10:00:00.000Z", ...fields }) as never;
const map = (events: object[], own: object = {}, secrets: Record<string, string> = {}, sentAt?: number) =>
  mapEvents(events.map(event), { settings: settings.parse({ endpoint, ...own }), secrets }, sentAt);
const content = (body: string) => JSON.parse(body).resourceLogs[0];
const record = (fields: object, own: object = {}, sentAt?: number) =>
  content(map([fields], own, {}, sentAt).requests[0]!.body).scopeLogs[0].logRecords[0];
const attributes = (fields: object) =>
  Object.fromEntries(record(fields).attributes.map(({ key, value }: { key: string; value: object }) => [key, Object.values(value)[0]]));

describe("OTLP", () => {
  it("tells late events by their arrival, and sends them apart", () => {
    const [onTime, late] = ["2026-03-01T09:15:00.250Z", "2026-03-01T09:15:00.249Z"].map((occurred_at) => ({ occurred_at }));
    const { requests } = map([late!, onTime!, late!]);
    expect(requests.map(({ events }) => events)).toEqual([[1], [0, 2]]);
    expect(record(onTime!).timeUnixNano).toBe("1772356500250000000");
    expect(record(late!).timeUnixNano).toBe("1772359200250000000");
    expect(record(late!).attributes).toContainEqual({ key: "analytics.occurred_at", value: { stringValue: late!.occurred_at } });
    expect(record(late!, { restamp_late: false }).timeUnixNano).toBe("1772356500249000000");
    expect(map([late!, onTime!], { restamp_late: false }).requests).toHaveLength(2);
  });

  it("stamps a record that waited with the time of sending where that is known, and says when it arrived", () => {
    const sentAt = Date.parse("2026-03-01T11:00:00.000Z");
    expect(record({}, {}, sentAt)).toMatchObject({ timeUnixNano: "1772362800000000000", observedTimeUnixNano: "1772359200250000000" });
    expect(record({}, {}, sentAt - 20 * 60_000).timeUnixNano).toBe("1772359200000000000");
  });

  it("writes a page that is a path in its parts, and no name or password of a URL", () => {
    expect(attributes({ page_url: "/join?x=1#top" })).toMatchObject({ "url.path": "/join", "url.query": "x=1", "url.fragment": "top" });
    expect(attributes({ page_url: "/join" })).not.toHaveProperty("url.query");
    expect(attributes({ page_url: "/join" })).not.toHaveProperty("url.full");
    expect(attributes({ page_url: "//shop.example/a" })).toMatchObject({ "url.original": "//shop.example/a" });
    expect(attributes({ page_url: "https://ann:pw@shop.example/@b", referrer: "//ann:pw@shop.example/@b" })).toMatchObject({
      "url.full": "https://REDACTED:REDACTED@shop.example/@b",
      "analytics.page.referrer": "//REDACTED:REDACTED@shop.example/@b",
    });
  });

  it("keeps a number's digits and kind", () => {
    const { attributes } = record({ event_properties: { a: 2 ** 53 - 1, b: 2 ** 53, c: -3 }, revenue: { amount: 49, currency: "EUR" } });
    expect(attributes).toEqual(
      expect.arrayContaining([
        { key: "analytics.prop.a", value: { intValue: "9007199254740991" } },
        { key: "analytics.prop.b", value: { doubleValue: 9007199254740992 } },
        { key: "analytics.prop.c", value: { intValue: "-3" } },
        { key: "analytics.revenue.amount", value: { doubleValue: 49 } },
      ]),
    );
  });

  it("leaves out what has no value, at every depth, and counts what is too much", () => {
    expect(attributes({ event_properties: { a: null, "": 1, b: [null, "x"], c: { d: null, e: true } } })).toEqual({
      "event.name": "Signup",
      "analytics.event_id": "event-1",
      "analytics.prop.b": { values: [{ stringValue: "x" }] },
      "analytics.prop.c": { values: [{ key: "e", value: { boolValue: true } }] },
    });
    expect(attributes({ event_properties: { "b\ud800": 1, "b\udc00": 2 } })).toHaveProperty(["analytics.prop.b\ufffd"], "1");
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`p${at}`, at]));
    expect(record({ event_properties: many })).toMatchObject({ attributes: { length: 100 }, droppedAttributesCount: 52 });
    const wide = { ["n".repeat(900)]: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`p${at}`, at])), last: 1 };
    expect(record({ event_properties: wide })).toMatchObject({ attributes: { length: 3 }, droppedAttributesCount: 1 });
  });

  it("says the same whoever the visitor is, and nothing when an event only says who it is", () => {
    const person = { user_id: "u", anonymous_id: "a", visitor_id: "v", client_ip: "203.0.113.7", user_agent: "Firefox", language: "sv" };
    expect(map([person])).toEqual(map([{}]));
    expect(map([{ ...person, event_name: "identify", event_properties: { email: "e" } }])).toMatchObject({
      requests: [],
      settled: [{ event: 0, verdict: { verdict: "suppressed", reason: "filtered" } }],
    });
  });

  it("describes the resource by the config, and a service of its own", () => {
    const { resource } = content(map([{}], { resource_attributes: { "service.name": "shop", "app.shard": 3 } }).requests[0]!.body);
    expect(resource.attributes).toEqual([
      { key: "service.name", value: { stringValue: "shop" } },
      { key: "app.shard", value: { intValue: "3" } },
    ]);
  });

  it("sends the secret in its header only, and the config's headers under it", () => {
    const own = { headers: { "X-Scope-OrgID": "club" } };
    const [request] = map([{}], own, { authorization_ref: "Bearer s3cret\n" }).requests;
    expect(request?.headers).toEqual({ "x-scope-orgid": "club", "content-type": "application/json", authorization: "Bearer s3cret" });
    expect(request!.url + request!.body).not.toContain("s3cret");
    expect(map([{}], own).requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it.each(["", " \n", "Basic a\r\nX-Other: b", "Bearer s\u00e9cret"])(
    "sends nothing with %j for a header, and does not repeat it",
    (secret) => {
      const { requests, settled } = map([{}, {}], {}, { authorization_ref: secret });
      expect(requests).toEqual([]);
      expect(settled.map(({ verdict }) => verdict)).toEqual(
        Array(2).fill({ verdict: "rejected", reason: expect.not.stringMatching(/sé|X-O/) }),
      );
    },
  );

  it("makes another request after 500 records or a megabyte", () => {
    expect(map(Array(1_001).fill({})).requests.map(({ events }) => events.length)).toEqual([500, 500, 1]);
    const { requests } = map(Array(60).fill({ event_properties: { text: "é".repeat(15_000) } }));
    expect(requests.map(({ events }) => events.length)).toEqual([31, 29]);
    expect(requests.every(({ body }) => Buffer.byteLength(body) <= 1_000_000)).toBe(true);
  });

  it.each([
    [{ endpoint: "https://logs.example/otlp/v1/logs/" }],
    [{ endpoint: "https://ann:s3cret@logs.example" }],
    [{ endpoint: "https://logs.example/?api_key=s3cret" }],
    [{ endpoint: "https://logs.example/#" }],
    [{ endpoint: "ftp://logs.example" }],
    [{ endpoint: "logs.example" }],
    [{ resource_attributes: { "": "x" } }],
    [{ resource_attributes: { a: null } }],
    [{ resource_attributes: Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`a${at}`, at])) }],
    [{ headers: { Authorization: "Bearer s3cret" } }],
    [{ headers: { "x-api-key": "s3cret" } }],
    [{ headers: { "content-length": "1" } }],
    [{ headers: { host: "logs.example" } }],
    [{ headers: { "x-a": "b\r\nc" } }],
  ])("refuses the settings %j", (wrong) => {
    expect(settings.safeParse({ endpoint, ...wrong }).success).toBe(false);
  });

  it("takes a base with or without a path and a slash", () => {
    const urls = ["https://logs.example", "http://loki:3100/otlp/"].map((base) => map([{}], { endpoint: base }).requests[0]?.url);
    expect(urls).toEqual(["https://logs.example/v1/logs", "http://loki:3100/otlp/v1/logs"]);
  });
});

describe("OTLP's recording server", () => {
  const authorization = recording.exampleSecrets!["otlp-authorization"]!;
  const post = (body: string, path = "/v1/logs", own: object = {}) =>
    recording.answer({ method: "POST", path, headers: { "content-type": "application/json; charset=utf-8", authorization, ...own }, body });
  const logsOf = (...records: object[]) => JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] });

  it.each([
    ["the smallest record", logsOf({ body: { stringValue: "testing" } }), 200, 1],
    ["no records", '{"resourceLogs":[]}', 200, 0],
    ["a field that it does not know", logsOf({ unheardOf: 1 }), 200, 1],
    ["a word for a time", logsOf({ timeUnixNano: "yesterday" }), 400, 0],
    ["an enum's name", logsOf({ severityNumber: "SEVERITY_NUMBER_INFO" }), 400, 0],
    ["a null", logsOf({ body: null }), 400, 0],
    ["two values at once", logsOf({ body: { stringValue: "a", boolValue: true } }), 400, 0],
    ["a wrong value deep inside", logsOf({ body: { arrayValue: { values: [{ intValue: "1.5" }] } } }), 400, 0],
    ["an id that is not hexadecimal", logsOf({ traceId: "AAECAwQFBgcICQoLDA0ODw==" }), 400, 0],
    ["no JSON", "{", 400, 0],
  ])("answers %s as a collector does", (_, body, status, taken) => {
    const answer = post(body);
    expect([answer?.status, answer?.recorded?.length ?? 0]).toEqual([status, taken]);
  });

  it("refuses a record with too many attributes in a partial success, which is read as dropped", () => {
    const attributes = Array.from({ length: 129 }, (_, at) => ({ key: `a${at}`, value: { intValue: "1" } }));
    const answer = post(logsOf({ attributes }, { body: { stringValue: "kept" } }))!;
    expect(answer.recorded?.map(({ name }) => name)).toEqual(["kept"]);
    const [request] = map([{}, {}]).requests;
    const verdicts = otlp.readAnswer({ status: answer.status, headers: {}, body: JSON.stringify(answer.body) }, request!);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(["dropped_by_provider", "accepted_unverifiable"]);
  });

  it("has one path, for JSON by POST", () => {
    expect(post("{}", "/v1/traces")).toBeUndefined();
    expect(recording.answer({ method: "GET", path: "/v1/logs", headers: {}, body: "" })?.status).toBe(405);
    expect(post("{}", "/v1/logs", { "content-type": "text/plain" })?.status).toBe(415);
  });

  it("asks for its authorization", () => {
    expect(post("{}", "/v1/logs", { authorization: undefined })?.status).toBe(401);
    expect(post("{}", "/v1/logs", { authorization: "Basic d3Jvbmc=" })?.status).toBe(401);
  });

  it("has example settings that make a config, with references that its secrets resolve", () => {
    const { credentials, ...own } = recording.exampleSettings("http://127.0.0.1:9/otlp") as { credentials: Record<string, string> };
    expect(otlp.settings.safeParse(own).success).toBe(true);
    expect(otlp.credentials.safeParse(credentials).success).toBe(true);
    expect(otlp.credentials.safeParse({}).success).toBe(true);
    expect(otlp.optionalSecretsToSend).toEqual(Object.keys(credentials));
    expect(Object.values(credentials)).toEqual(Object.keys(recording.exampleSecrets ?? {}));
  });
});
