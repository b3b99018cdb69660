import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { functionsSettings } from "../../../scripts/check-infra/code-settings.ts";
import { loadAzureConfig } from "../../../shared/config/azure-config.ts";

const folder = join(import.meta.dirname, "../../../shared/config");
const real = functionsSettings(readFileSync(join(folder, "azure-config.ts"), "utf8"), readFileSync(join(folder, "settings.ts"), "utf8"));

describe("the settings that the code reads", () => {
  it("are those that the entry for Azure answers with, and no setting of another entry", () => {
    const given = Object.fromEntries(real.map(({ name }) => [name, example(name)]));
    expect(Object.keys(loadAzureConfig(given)).sort()).toEqual(real.map(({ name }) => name).sort());
  });

  it("are optional if the entry for Azure starts without them", () => {
    const needed = real.filter(({ optional }) => !optional).map(({ name }) => name);
    const connections = ["COSMOS_CONNECTION__accountEndpoint", "SERVICEBUS_CONNECTION__fullyQualifiedNamespace"];
    const least = Object.fromEntries([...needed, ...connections].map((name) => [name, example(name)]));

    expect(needed).not.toEqual([]);
    expect(loadAzureConfig(least)).toMatchObject(least);
    for (const name of needed) {
      expect(() => loadAzureConfig({ ...least, [name]: undefined })).toThrow(name);
    }
  });

  it("are found however the schema is laid out", () => {
    const settings =
      "const number = (least: number) => z.string().default(String(least));\nexport const all = { A1: number(3), B: z.string() };";
    const azureConfig = `
      const more = { C: z.string().refine((text) => text !== "").optional() };
      const host = { D: z.string() };
      const azure = reachable({ ...all, ...more });
      const hosted = reachable({ ...all, ...host });
      export const loadAzureConfig = (env) =>
        readSettings(
          azure, env);
      export const loadHosted = (env) => readSettings(hosted, env);`;

    expect(functionsSettings(azureConfig, settings)).toEqual([
      { name: "A1", optional: true },
      { name: "B", optional: false },
      { name: "C", optional: true },
    ]);
  });

  it("are none when the entry cannot be found, which check:infra reports", () => {
    expect(functionsSettings("export const load = 1;", "")).toEqual([]);
  });
});

/** A value that the schema takes. */
function example(name: string): string {
  const values: Record<string, string> = {
    CARREAU_TRUSTED_PROXY_HOPS: "0",
    CARREAU_LOG_LEVEL: "info",
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://receiver.test",
    OTEL_TRACES_SAMPLER_ARG: "1",
    COSMOS_CONNECTION: "AccountEndpoint=http://127.0.0.1:8081/",
    COSMOS_CONNECTION__accountEndpoint: "https://cosmos.test/",
    SERVICEBUS_CONNECTION: "Endpoint=sb://127.0.0.1",
    KEYVAULT_URL: "https://vault.test/",
    MANAGED_IDENTITY_CLIENT_ID: "01890a5d-ac96-774b-bcce-b302099a8057",
  };
  return values[name] ?? "any-text";
}
