import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadAzureConfig, loadHostedAzureConfig } from "../../../shared/config/azure-config.ts";

const inAzure = {
  COSMOS_CONNECTION__accountEndpoint: "https://account.documents.azure.com/",
  SERVICEBUS_CONNECTION__fullyQualifiedNamespace: "name.servicebus.windows.net",
  KEYVAULT_URL: "https://vault.vault.azure.net",
};
const cosmos = (endpoint: string) =>
  `AccountEndpoint=${endpoint};AccountKey=C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==;`;
const serviceBus = (endpoint: string) => `Endpoint=${endpoint};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;`;

describe("the settings of a gateway on Azure's services", () => {
  it("are the addresses of services that its identity may use", () => {
    expect(loadAzureConfig(inAzure)).toMatchObject({ ...inAzure, COSMOS_DATABASE: "carreau", CARREAU_ADMIN_KEY_REF: "carreau-admin-key" });
  });

  it("let nobody allow private targets in Azure Functions, only on a host of our own", () => {
    const asked = { ...inAzure, CARREAU_ALLOW_PRIVATE_TARGETS: "true" };
    expect(loadAzureConfig(asked)).not.toHaveProperty("CARREAU_ALLOW_PRIVATE_TARGETS");
    expect(loadHostedAzureConfig(asked).CARREAU_ALLOW_PRIVATE_TARGETS).toBe(true);
  });

  it("are those of the emulators on this machine, in the example for developers", () => {
    const example = readFileSync(join(import.meta.dirname, "../../../azure/local.settings.example.json"), "utf8");
    const { Values: values } = JSON.parse(example) as { Values: Record<string, string> };
    const config = loadAzureConfig(values);
    expect(config.COSMOS_CONNECTION).toBe(cosmos("http://127.0.0.1:8081/"));
    expect(config.SERVICEBUS_CONNECTION).toMatch(/^Endpoint=sb:\/\/127\.0\.0\.1;.*;UseDevelopmentEmulator=true;$/);
    expect(values["AzureWebJobsStorage"]).toBe("UseDevelopmentStorage=true");
    expect(JSON.stringify(values)).not.toContain("<");
  });

  it.each([
    "http://127.0.0.1:8081/",
    "http://localhost:8081",
    "https://localhost:8081/",
    "http://[::1]:8081/",
    "http://host.docker.internal:8081/",
  ])("take a connection string of the emulator at %s", (endpoint) => {
    expect(loadAzureConfig({ ...inAzure, COSMOS_CONNECTION: cosmos(endpoint) }).COSMOS_CONNECTION).toContain(endpoint);
    const bus = serviceBus(endpoint.replace(/^https?/, "sb"));
    expect(loadHostedAzureConfig({ ...inAzure, SERVICEBUS_CONNECTION: bus }).SERVICEBUS_CONNECTION).toBe(bus);
  });

  it.each([
    ["COSMOS_CONNECTION", cosmos("https://account.documents.azure.com:443/")],
    ["COSMOS_CONNECTION", cosmos("https://localhost.documents.azure.com/")],
    ["COSMOS_CONNECTION", cosmos("https://localhost@account.documents.azure.com/")],
    ["COSMOS_CONNECTION", "AccountEndpoint="],
    ["SERVICEBUS_CONNECTION", serviceBus("sb://name.servicebus.windows.net/")],
    ["SERVICEBUS_CONNECTION", serviceBus("sb://localhost.servicebus.windows.net")],
  ])("refuse a key of a service in Azure: %s %s", (name, value) => {
    for (const load of [loadAzureConfig, loadHostedAzureConfig]) {
      expect(() => load({ ...inAzure, [name]: value })).toThrow(
        new RegExp(`^${name}: only for an emulator on this machine; set ${name}__`),
      );
    }
  });

  it.each(["COSMOS_CONNECTION__accountEndpoint", "KEYVAULT_URL"])("refuse an unprotected %s of another machine", (name) => {
    expect(() => loadAzureConfig({ ...inAzure, [name]: "http://elsewhere.example" })).toThrow(`${name}: an https URL`);
    expect(loadAzureConfig({ ...inAzure, [name]: "http://127.0.0.1:1" })).toMatchObject({ [name]: "http://127.0.0.1:1" });
  });
});
