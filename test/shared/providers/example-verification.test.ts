import { expect, it } from "vitest";
import { recordingEndpoints } from "../../../demo/recording-endpoints.ts";
import { configSettings, storedSettings } from "../../../shared/configs/config.ts";
import { findProvider, providers } from "../../../shared/providers/registry.ts";
import { askRecording } from "../../support/asked-provider.ts";

/** What the example can't have proven, and why. */
const unverifiable: Readonly<Record<string, string>> = { ga4: "service account" };

it.each(providers.map(({ slug }) => slug))("verifies the example config of %s as far as can be, with all its secrets", async (slug) => {
  const definition = findProvider(slug)!;
  const endpoints = await recordingEndpoints(slug);
  const stored = storedSettings(configSettings(definition).parse(endpoints.exampleSettings("http://127.0.0.1:9")), definition);
  const references = Object.entries(stored.credentials).filter(([name]) => name.endsWith("_ref"));
  const secrets = Object.fromEntries(references.map(([name, reference]) => [name, endpoints.exampleSecrets![reference]!]));

  const found = await definition.verify!({ ...stored, secrets }, askRecording(endpoints), Date.UTC(2026, 2, 1));

  const reason = unverifiable[slug];
  expect(found).toMatchObject(
    reason === undefined ? { result: "verified" } : { result: "unverifiable", detail: expect.stringContaining(reason) },
  );
});
