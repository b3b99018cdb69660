import { describe, expect, it } from "vitest";
import { checkSettings } from "../../../shared/configs/check-settings.ts";
import type { Ports } from "../../../shared/ports/ports.ts";
import { fakeProvider } from "../../support/fake-provider.ts";

describe("checking a config's settings", () => {
  const asked: string[] = [];
  const ports = {
    secrets: {
      check: (reference: string) => (reference.startsWith("https://elsewhere") ? { refused: "not the configured vault" } : "ok"),
    },
    http: {
      checkTarget: async (url: string) => {
        asked.push(url);
        return url.includes("private") ? { refused: "a private address" } : "ok";
      },
    },
  } as unknown as Pick<Ports, "secrets" | "http">;
  const check = (settings: object, credentials: Record<string, string | undefined> = {}) =>
    checkSettings(ports, fakeProvider(), { endpoint: "https://acme.example", ...settings }, credentials);
  const refusal = async (...args: Parameters<typeof check>) => {
    const problem = await check(...args).then(
      () => undefined,
      (error: unknown) => error as { code: string; detail: string; extensions: object },
    );
    return problem;
  };

  it("takes references, plain identifiers and public URLs", async () => {
    await expect(check({}, { token_ref: "acme-token", account: "A-1", nothing_ref: undefined })).resolves.toBeUndefined();
    await expect(check({}, { token_ref: "https://vault.example/secrets/acme-token" })).resolves.toBeUndefined();
  });

  it("asks for the URLs that the definition names, and no other", async () => {
    asked.length = 0;
    await check({ endpoint: "https://stats.example", homepage: "https://private.example" });
    expect(asked).toEqual(["https://stats.example"]);
  });

  it("refuses a URL that we don't connect to, at its field", async () => {
    expect(await refusal({ endpoint: "https://private.example" })).toMatchObject({
      code: "target-not-allowed",
      detail: "a private address",
      extensions: { pointer: "/endpoint", errors: [{ pointer: "/endpoint", detail: "a private address" }] },
    });
  });

  it.each([
    "ghp_0123456789abcdefghijklmnopqrstuvwxyz12",
    "eyJhbGciOiJIUzI1NiJ9.e30.x",
    "p4ssw0rd!",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
  ])("refuses %s where a reference belongs, without repeating it", async (secret) => {
    const problem = await refusal({}, { token_ref: secret });
    expect(problem).toMatchObject({ code: "secret-in-reference", extensions: { pointer: "/credentials/token_ref" } });
    expect(JSON.stringify([problem?.detail, problem?.extensions])).not.toContain(secret);
  });

  it("takes the same text where a plain identifier belongs", async () => {
    await expect(check({}, { account: "0f8fad5b-d9cb-469f-a165-70867728950e" })).resolves.toBeUndefined();
  });

  it("refuses a reference to another vault, at its field", async () => {
    expect(await refusal({}, { token_ref: "https://elsewhere.example/secrets/token" })).toMatchObject({
      code: "reference-invalid",
      detail: "not the configured vault",
      extensions: { pointer: "/credentials/token_ref" },
    });
  });
});
