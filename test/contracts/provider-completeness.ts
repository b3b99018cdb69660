import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import { configSettings, consentCategories, storedSettings } from "../../shared/configs/config.ts";
import { looksLikeSecret } from "../../shared/ports/secret-reference.ts";
import type { ProviderConfig, ProviderDefinition } from "../../shared/providers/definition.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { exampleConfig, examplePageView } from "../support/example-config.ts";
import { descriptionOf, fieldsThat } from "../support/schema-fields.ts";

const baseUrl = "https://server.example/base";

/** Everything is there that the gateway, the demo and the documentation make of a definition. */
export function providerCompletenessContract(definition: ProviderDefinition): void {
  const { slug, settings, credentials, consent, secretsToSend = [], optionalSecretsToSend = [], lateAfterSeconds } = definition;
  let endpoints: RecordingEndpoints;
  let config: ProviderConfig;
  beforeAll(async () => {
    endpoints = await recordingEndpoints(slug);
    config = await exampleConfig(definition, baseUrl);
  });

  it("has a name, a slug that fits into URLs and queue names, and a rule of consent", () => {
    expect(slug).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
    expect(definition.name.trim()).not.toBe("");
    expect(consentCategories).toContain(consent.category);
    expect(typeof consent.requiredByDefault).toBe("boolean");
    expect(typeof (consent.alwaysRequired?.(config.settings) ?? false)).toBe("boolean");
  });

  it("describes every field of its settings and credentials", () => {
    const fields = Object.entries({ ...settings.shape, ...credentials.shape }) as [string, z.ZodType][];
    expect(fields.length).toBeGreaterThan(1);
    expect(fields.filter(([, schema]) => (descriptionOf(schema) ?? "").length < 10).map(([name]) => name)).toEqual([]);
  });

  it("takes no field's name that every config has", () => {
    const common = Object.keys(configSettings({ ...definition, settings: z.strictObject({}) }).shape);
    expect(Object.keys(settings.shape).filter((name) => common.includes(name))).toEqual([]);
  });

  it("refuses settings and credentials that it doesn't know", () => {
    const example = endpoints.exampleSettings(baseUrl);
    const schema = configSettings(definition);
    expect(schema.safeParse({ ...example, no_such_field: 1 }).success).toBe(false);
    expect(schema.safeParse({ ...example, credentials: { ...Object(example["credentials"]), no_such_ref: "x" } }).success).toBe(false);
  });

  it("names references only where secrets are sent, each once", () => {
    const sent = [...secretsToSend, ...optionalSecretsToSend];
    const references = Object.keys(credentials.shape).filter((name) => name.endsWith("_ref"));
    expect(sent.filter((name) => !references.includes(name))).toEqual([]);
    expect(new Set(sent).size).toBe(sent.length);
  });

  it("has an example that its schemas take, with every secret that sending needs and none in its place", () => {
    const parsed = configSettings(definition).parse(endpoints.exampleSettings(baseUrl));
    const stored = storedSettings(parsed, definition);
    expect(Object.keys(stored.credentials)).toEqual(expect.arrayContaining([...secretsToSend]));
    for (const [, reference] of Object.entries(stored.credentials).filter(([name]) => name.endsWith("_ref"))) {
      expect(Object.keys(endpoints.exampleSecrets ?? {})).toContain(reference);
      expect(looksLikeSecret(reference)).toBe(false);
    }
    expect(definition.toRequests([examplePageView], config).requests).toHaveLength(1);
  });

  it("waits for late events as long as a config may say", () => {
    const { late_after_seconds } = configSettings(definition).parse(endpoints.exampleSettings(baseUrl));
    expect(late_after_seconds).toBe(lateAfterSeconds ?? null);
    const schema = configSettings(definition).shape.late_after_seconds;
    expect(schema.safeParse(lateAfterSeconds ?? null).success).toBe(true);
  });

  it("names among its targets every address of the tenant's that it connects to", async () => {
    const asked: string[] = [];
    const ask = async ({ url }: { readonly url: string }) => {
      asked.push(url);
      return { unreachable: "nobody there" };
    };
    const urls = fieldsThat(settings, (schema) => schema instanceof z.ZodURL);
    const connected: string[] = [];
    for (const name of urls) {
      const url = `https://${name.replaceAll("_", "-")}.example/base`;
      const own = settings.parse({ ...config.settings, [name]: url });
      const { requests } = definition.toRequests([examplePageView], { ...config, settings: own });
      expect(requests).toHaveLength(1);
      await definition.verify?.({ ...config, settings: own }, ask, Date.parse(examplePageView.received_at));
      const hosts = [...requests.map((request) => request.url), ...asked].map((one) => new URL(one).hostname);
      if (hosts.includes(new URL(url).hostname)) {
        connected.push(name);
        expect(definition.targets(own)).toContain(url);
      }
    }
    expect(connected.length).toBeGreaterThan(0);
  });
}
