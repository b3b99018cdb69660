import { expect, it } from "vitest";
import { providers } from "../../../shared/providers/registry.ts";
import { providerContract } from "../../contracts/provider.ts";

it("offers each provider under a name of its own", () => {
  expect(providers.length).toBeGreaterThan(4);
  expect(new Set(providers.map(({ slug }) => slug)).size).toBe(providers.length);
  expect(new Set(providers.map(({ name }) => name)).size).toBe(providers.length);
});

providers.forEach(providerContract);
