import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looksLikeSecret, parseSecretReference } from "../../../shared/ports/secret-reference.ts";

const ordinaryNames = [
  "a",
  "eyJ",
  "plausible-api-key-prod-2",
  "umamiPassword",
  "ga4-secret-eu1",
  "PLAUSIBLE-API-KEY",
  "umamiPasswordForProduction2024",
  "plausibleApiKeyForTheSwedishFederation",
  "posthogprojecttokenproduction",
  "PLAUSIBLEAPIKEYPRODUCTION2",
  "ga4MeasurementApiSecretEu1",
  "serviceAccountJsonGa4PropertyEu",
  "posthog-personal-api-key-2026-01-31",
  "tenant-0192f3a4-umami-password",
  "fipjp-world-championship-2026-ga4-api-secret",
  "sk-federation-plausible",
  "kv-weu-prod-01-plausible",
  "clubdeboules75013paris13",
  "federationFrancaiseDePetanque",
];

const secrets = {
  "PostHog project token": "phc_Qm3x8ZkTnV5bRw2yLs7GdH4jPc9fKaE6uXoN1tBvCzM",
  "PostHog personal key": "phx_Qm3x8ZkTnV5bRw2yLs7GdH4jPc9fKaE6uXoN1tBvCzM",
  "own API key": "ck_live_Qm3x8ZkTnV5bRw2yLs7GdH4jPc9fKaE6uXoN1tBvCzM",
  "key with the prefix sk-": "sk-proj-Qm3x8ZkTnV5bRw2yLs7",
  JWT: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
  UUID: "8f14e45f-ceea-467f-a8c5-1b3d9e7a2c60",
  "UUID without hyphens": "8f14e45fceea467fa8c51b3d9e7a2c60",
  "GA4 API secret": "h2aHcCxQTmO3dFzdTeKqWA",
  "password with special characters": "Hunter2!",
  base64: "q83vEjRWeJCrze8SNFZ4kA==",
  "several words": "correct horse battery staple",
  "service account": '{"type":"service_account"}',
  "secret inside a vault URI": "https://v.vault.azure.net/secrets/h2aHcCxQTmO3dFzdTeKqWA",
};

describe("looksLikeSecret", () => {
  it.each(ordinaryNames)("lets the ordinary name %s pass", (name) => {
    expect(looksLikeSecret(name)).toBe(false);
  });

  it("lets every hyphenated name of words and numbers pass", () => {
    const word = fc.constantFrom(
      "plausible",
      "umami",
      "ga4",
      "posthog",
      "otlp",
      "api",
      "key",
      "secret",
      "password",
      "token",
      "prod",
      "eu1",
      "2026",
      "club",
      "Sweden",
    );

    fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 10 }), (words) => !looksLikeSecret(words.join("-"))));
  });

  it("lets every camelCase name pass", () => {
    const word = fc.constantFrom(
      "Plausible",
      "Umami",
      "Posthog",
      "Project",
      "Secret",
      "Password",
      "Token",
      "Production",
      "Sweden",
      "Federation",
    );

    fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 10 }), (words) => !looksLikeSecret(words.join(""))));
  });

  it.each(Object.entries(secrets))("recognises: %s", (_, value) => {
    expect(looksLikeSecret(value)).toBe(true);
  });

  it.each([22, 32, 43])("recognises at least 98 of 100 random base62 texts of %i characters", (length) => {
    const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // Made from a hash: the same texts in every run.
    const text = (seed: number) =>
      Array.from(createHash("sha512").update(`${length}:${seed}`).digest().subarray(0, length), (byte) => alphabet[byte % 62]).join("");

    const recognised = Array.from({ length: 1_000 }, (_, seed) => text(seed)).filter(looksLikeSecret);

    expect(recognised.length).toBeGreaterThanOrEqual(980);
  });
});

describe("parseSecretReference", () => {
  it.each(ordinaryNames)("reads the name %s", (name) => {
    expect(parseSecretReference(name)).toEqual({ kind: "name", name });
  });

  it("reads a secret's URI with and without version", () => {
    const uri = "https://v.vault.azure.net/secrets/umamiPassword";
    const version = "0123456789abcdef0123456789abcdef";

    expect(parseSecretReference(uri)).toEqual({ kind: "uri", vault: "https://v.vault.azure.net", name: "umamiPassword" });
    expect(parseSecretReference(`${uri}/${version}`)).toEqual({
      kind: "uri",
      vault: "https://v.vault.azure.net",
      name: "umamiPassword",
      version,
    });
  });

  it("keeps the port in the vault's origin", () => {
    expect(parseSecretReference("https://localhost:8443/secrets/a")).toEqual({ kind: "uri", vault: "https://localhost:8443", name: "a" });
  });

  it.each([
    "",
    "n".repeat(6).concat("-").repeat(19),
    "http://v.vault.azure.net/secrets/a",
    "https://v.vault.azure.net",
    "https://v.vault.azure.net/keys/a",
    "https://v.vault.azure.net/secrets/",
    "https://v.vault.azure.net/secrets/a/",
    "https://v.vault.azure.net/secrets/a/latest",
    "https://v.vault.azure.net/secrets/a?api-version=7.4",
    "https://v.vault.azure.net/secrets/a#b",
    "https://v.vault.azure.net/secrets/x/../a",
    "https://user@v.vault.azure.net/secrets/a",
    "https://v.vault.azure.net@attacker.test/secrets/a",
    " umamiPassword",
    ...Object.values(secrets),
  ])("refuses %j without repeating it", (reference) => {
    const answer = parseSecretReference(reference);

    expect(answer).toEqual({ refused: expect.any(String) });
    if (reference) expect(JSON.stringify(answer)).not.toContain(reference);
  });

  it("answers any text at all, and names only what it was given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl()), (reference) => {
        const answer = parseSecretReference(reference);
        return "refused" in answer || reference.includes(answer.name);
      }),
    );
  });
});
