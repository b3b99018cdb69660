import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordingProvider, startRecordingProvider } from "../../demo/recording-provider.ts";
import { providers } from "../../shared/providers/registry.ts";
import { consentFree } from "../support/consent-free.ts";
import { activateConfigs, eventually, type Gateway, newTenant, startGateway } from "../support/gateway.ts";

describe("filters", () => {
  let gateway: Gateway;
  let recording: RecordingProvider;
  beforeAll(async () => {
    recording = await startRecordingProvider();
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.stop();
    await recording.close();
  });

  it("keeps out what a config does not want, says why, and can be tried before", async () => {
    const { key } = await newTenant(gateway);
    const configs = await activateConfigs(gateway, key, recording.url);
    const [provider, other] = consentFree.map(({ slug }) => slug) as [string, string];
    const path = `/analytics/${provider}/configs/${configs[provider]}`;
    const post = async (event_name: string, amount: number) => {
      const event = { event_name, page_url: "https://shop.example/", event_properties: { amount } };
      return (await gateway.call("POST", "/analytics/events", { key, body: event })).body.results[0].id as string;
    };
    const ids = { small: await post("sale", 1), large: await post("sale", 100), view: await post("pageview", 100) };
    const filter = { include_events: ["sale"], conditions: [{ property: "amount", op: "gte", value: 10 }] };

    const preview = await gateway.call("POST", `${path}/filter/preview`, { key, body: { filter, count: 10 } });
    expect(preview).toMatchObject({ status: 200, body: { checked: 3, kept: 1, dropped: 2 } });
    expect(preview.body.items).toEqual([
      { id: ids.view, event_name: "pageview", kept: false, reason: "include_events does not name it" },
      { id: ids.large, event_name: "sale", kept: true },
      { id: ids.small, event_name: "sale", kept: false, reason: "conditions/0 is not fulfilled" },
    ]);

    const saved = await gateway.call("PATCH", path, { key, body: { filter } });
    expect(saved.body.filter).toEqual(filter);
    expect((await gateway.call("POST", `${path}/filter/preview`, { key, body: {} })).body).toMatchObject({ kept: 1, dropped: 2 });
    const id = await post("pageview", 100);
    const { body } = await eventually(
      () => gateway.call("GET", `/analytics/events/${id}`, { key }),
      (answer) => Object.keys(answer.body.deliveries).length === providers.length && !answer.text.includes('"pending"'),
    );
    expect(body.deliveries[configs[provider]!]).toMatchObject({
      outcome: "suppressed",
      reason: "filtered",
      detail: "include_events does not name it",
      attempts: [],
    });
    expect(body.deliveries[configs[other]!]).toMatchObject({ outcome: "delivered" });
    const cleared = await gateway.call("PATCH", path, { key, body: { filter: null } });
    expect(cleared.body.filter).toBeNull();
  });

  it("refuses a filter that can't be one, by its place", async () => {
    const { key } = await newTenant(gateway);
    const configs = await activateConfigs(gateway, key, recording.url);
    const [provider, id] = Object.entries(configs)[0]!;
    const wrong = { filter: { conditions: [{ property: "a", op: "gt", value: "x" }] } };
    const refused = await gateway.call("PATCH", `/analytics/${provider}/configs/${id}`, { key, body: wrong });
    expect(refused).toMatchObject({ status: 422, body: { code: "body-invalid", pointer: "/filter/conditions/0/value" } });
  });
});
