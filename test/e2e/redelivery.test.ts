import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { consentFree } from "../support/consent-free.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";

const span = () => ({
  since: new Date(Date.now() - 3_600_000).toISOString(),
  until: new Date(Date.now() + 3_600_000).toISOString(),
});

describe("dead letters, redeliveries and replays over HTTP", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  const slugs = consentFree.slice(0, 1).map(({ slug }) => slug);
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  const post = (path: string, key: string, body: unknown) => gateway.call("POST", path, { key, body });
  const redeliver = (key: string, body: unknown) => post("/analytics/dead-letters/redeliver", key, body);
  const done = (key: string, location: string | null) =>
    eventually(
      () => gateway.call("GET", location!, { key }),
      ({ body }) => body.status === "done",
    );
  const outcomesOf = async (key: string, id: string): Promise<Record<string, string>> => {
    const { body } = await gateway.call("GET", `/analytics/events/${id}`, { key });
    const entries = Object.entries<{ outcome: string }>(body.deliveries).map(([config, { outcome }]) => [config, outcome] as const);
    return Object.fromEntries(entries);
  };
  const deliveredEvent = async (key: string) => {
    const posted = await post("/analytics/events", key, { event_name: "pageview", page_url: "https://site.example/" });
    const id = posted.body.results[0].id as string;
    await eventually(
      () => outcomesOf(key, id),
      (outcomes) => Object.values(outcomes).includes("delivered"),
    );
    return id;
  };

  it("202: a redelivery, whose progress can be read in the version it was asked for", async () => {
    const { key } = await newTenant(gateway);
    for (const prefix of ["", "/v1"]) {
      const made = await post(`${prefix}/analytics/dead-letters/redeliver`, key, { all: true, per_second: 10 });
      expect(made).toMatchObject({ status: 202, body: { status: "queued", all: true, dry_run: false, per_second: 10, counted: 0 } });
      expect(made.headers.get("location")).toBe(`${prefix}/analytics/redeliveries/${made.body.id}`);
      const report = await done(key, made.headers.get("location"));
      expect(report).toMatchObject({ status: 200, body: { id: made.body.id, counted: 0, redelivered: 0, skipped: {}, errors: [] } });
      expect(Date.parse(report.body.finished_at)).toBeGreaterThanOrEqual(Date.parse(report.body.created_at));
    }
  });

  it("says of events named by id why they were skipped", async () => {
    const { key } = await newTenant(gateway);
    await activateConfigs(gateway, key, recording.url, slugs);
    const id = await deliveredEvent(key);
    const made = await redeliver(key, { event_ids: [id, crypto.randomUUID()] });
    const { body } = await done(key, made.headers.get("location"));
    expect(body).toMatchObject({ counted: 2, redelivered: 0, skipped: { not_dead_lettered: 1, not_found: 1 } });
    expect(await gateway.call("GET", "/analytics/dead-letters", { key })).toMatchObject({
      status: 200,
      body: { items: [], next_cursor: null },
    });
  });

  it("sends stored events to a config made later: counted first, then asked for twice at once, each once", async () => {
    const { key } = await newTenant(gateway);
    const [slug] = slugs as [string];
    await activateConfigs(gateway, key, recording.url, slugs);
    const ids = [await deliveredEvent(key), await deliveredEvent(key)];
    const { [slug]: config } = (await activateConfigs(gateway, key, recording.url, slugs)) as Record<string, string>;
    const request = { config_id: config, ...span() };

    const dry = await post("/analytics/replays", key, { ...request, dry_run: true });
    expect(dry.status).toBe(202);
    expect((await done(key, dry.headers.get("location"))).body).toMatchObject({ dry_run: true, counted: 2, replayed: 0, skipped: {} });
    expect(Object.keys(await outcomesOf(key, ids[0]!))).not.toContain(config);

    const both = await Promise.all([post("/analytics/replays", key, request), post("/analytics/replays", key, request)]);
    const [made, refused] = both.sort((one, other) => one.status - other.status) as [(typeof both)[0], (typeof both)[0]];
    expect(made.status).toBe(202);
    expect(refused).toMatchObject({ status: 409, body: { code: "resend-running", running: [{ type: "replay", id: made.body.id }] } });
    expect((await done(key, made.headers.get("location"))).body).toMatchObject({ counted: 2, replayed: 2 });
    for (const id of ids) {
      await eventually(
        () => outcomesOf(key, id),
        (outcomes) => outcomes[config!] === "delivered",
      );
    }
    const usage = await gateway.call("GET", `/analytics/${slug}/configs/${config}/usage`, { key });
    expect(usage.body.total).toMatchObject({ events_received: 2 });
    const again = await post("/analytics/replays", key, request);
    expect((await done(key, again.headers.get("location"))).body).toMatchObject({ replayed: 0, skipped: { delivered: 2 } });
  });

  it("400: a query or a cursor that is none", async () => {
    const { key } = await newTenant(gateway);
    const list = (query: string) => gateway.call("GET", `/analytics/dead-letters?${query}`, { key });
    expect(await list("since=yesterday")).toMatchObject({ status: 400, body: { code: "query-invalid", pointer: "/since" } });
    expect(await list("cursor=xx")).toMatchObject({ status: 400, body: { code: "cursor-invalid" } });
    expect(await list("config_id=none")).toMatchObject({ status: 400, body: { code: "query-invalid", pointer: "/config_id" } });
    const nobody = crypto.randomUUID();
    expect(await list(`limit=1&config_id=${nobody}&reason=status%20500&until=2026-01-01T00:00:00Z`)).toMatchObject({ status: 200 });
  });

  it("200 or 400: a cursor that names a place where there is nothing, or none where a delivery could be", async () => {
    const { key } = await newTenant(gateway);
    const posted = await post("/analytics/events", key, { event_name: "pageview" });
    const batch = (posted.body.results[0].id as string).replace(/..$/, "00");
    const ask = (id: string) => {
      const cursor = Buffer.from(JSON.stringify({ dead_at: Date.now(), id, skip: 2 })).toString("base64url");
      return gateway.call("GET", `/analytics/dead-letters?cursor=${cursor}`, { key });
    };
    expect(await ask(`${batch}:${crypto.randomUUID()}`)).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
    for (const id of [batch, "", "\ud800", `usage:${batch}`]) {
      expect(await ask(id)).toMatchObject({ status: 400, body: { code: "cursor-invalid", pointer: "/cursor" } });
    }
  });

  it("403: a key that may only read, or only post", async () => {
    const reader = await newTenant(gateway, ["analytics:read"]);
    const poster = await newTenant(gateway, ["events:write"]);
    expect(await redeliver(reader.key, { all: true })).toMatchObject({ status: 403, body: { scope: "analytics:write" } });
    expect(await post("/analytics/replays", reader.key, {})).toMatchObject({ status: 403, body: { code: "scope-missing" } });
    expect((await gateway.call("GET", "/analytics/dead-letters", { key: poster.key })).status).toBe(403);
  });

  it("404: progress of another tenant, of nothing, or of the other kind; a replay to a config of another tenant", async () => {
    const [mine, other] = [await newTenant(gateway), await newTenant(gateway)];
    const made = await redeliver(mine.key, { all: true });
    await done(mine.key, made.headers.get("location"));
    const read = (path: string, key: string) => gateway.call("GET", path, { key });
    for (const [path, key] of [
      [`/analytics/redeliveries/${made.body.id}`, other.key],
      [`/analytics/replays/${made.body.id}`, mine.key],
      [`/analytics/redeliveries/${crypto.randomUUID()}`, mine.key],
    ] as const) {
      expect(await read(path, key)).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
    const configs = await activateConfigs(gateway, mine.key, recording.url, slugs);
    const replay = await post("/analytics/replays", other.key, { config_id: Object.values(configs)[0], ...span() });
    expect(replay).toMatchObject({ status: 404, body: { code: "not-found", pointer: "/config_id" } });
  });

  it("422: nothing or something wrong selected", async () => {
    const { key } = await newTenant(gateway);
    for (const [body, pointer] of [
      [{}, ""],
      [{ dry_run: true, per_second: 5 }, ""],
      [{ all: false }, "/all"],
      [{ event_ids: [] }, "/event_ids"],
      [{ event_ids: ["x"] }, "/event_ids/0"],
      [{ all: true, per_second: 0 }, "/per_second"],
      [{ all: true, tenant_id: "x" }, "/tenant_id"],
      [{ since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" }, "/since"],
    ] as const) {
      expect(await redeliver(key, body)).toMatchObject({ status: 422, body: { code: "body-invalid", pointer } });
    }
    const config_id = crypto.randomUUID();
    for (const [body, pointer] of [
      [{ ...span() }, "/config_id"],
      [{ config_id: "\ud800", ...span() }, "/config_id"],
      [{ config_id, since: "2026-01-01T00:00:00Z" }, "/until"],
      [{ config_id, since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" }, "/since"],
      [{ config_id, ...span(), event_names: [] }, "/event_names"],
    ] as const) {
      expect(await post("/analytics/replays", key, body)).toMatchObject({ status: 422, body: { code: "body-invalid", pointer } });
    }
  });
});
