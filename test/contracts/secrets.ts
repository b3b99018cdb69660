import { afterEach, describe, expect, it } from "vitest";
import { everybody, type Secrets } from "../../shared/ports/secrets.ts";

/** Secrets over a vault of the test's own, which the test can change behind the adapter's back. */
export interface SecretsHarness {
  readonly secrets: Secrets;
  /** `undefined` removes the secret. The owner is a tenant, everybody if left out. Resolves when the vault has it. */
  put(name: string, value: string | undefined, owner?: string): Promise<void>;
  /** URIs of the configured vault, where the family has one. */
  readonly vaultUri?: string;
  close(): Promise<void>;
}

const tenant = "019b76da-a800-7385-a336-adaccee5a000";
const another = "019b76da-a800-7385-a336-adaccee5a001";
const value = 's3cr3t value ✓ with "quotes"\nand a second line';

/** What every Secrets promises. */
export function secretsContract(name: string, open: () => Promise<SecretsHarness>): void {
  describe(`Secrets contract: ${name}`, () => {
    let opened: SecretsHarness | undefined;
    const harness = async () => {
      opened = await open();
      return opened;
    };
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    it("gives a secret's value by its name, to the last character", async () => {
      const { secrets, put } = await harness();
      await put("plausible-api-key", value);

      expect(await secrets.get(tenant, "plausible-api-key", { refresh: true })).toBe(value);
      expect(await secrets.get(tenant, "plausible-api-key")).toBe(value);
    });

    it("says not-found for a name that has no secret, also for the names that every object has", async () => {
      const { secrets, put } = await harness();
      await put("plausible-api-key", value);

      for (const missing of ["umami-password", "constructor", "toString", "plausible-api-key-2"]) {
        expect(await secrets.get(tenant, missing, { refresh: true })).toBe("not-found");
      }
    });

    it("sees a new value, and a removal, when asked to refresh", async () => {
      const { secrets, put } = await harness();
      await put("rotated", "old");
      expect(await secrets.get(tenant, "rotated", { refresh: true })).toBe("old");

      await put("rotated", "new");
      expect(await secrets.get(tenant, "rotated", { refresh: true })).toBe("new");
      expect(await secrets.get(tenant, "rotated")).toBe("new");

      await put("rotated", undefined);
      expect(await secrets.get(tenant, "rotated", { refresh: true })).toBe("not-found");
    });

    it("gives many callers at once the same value", async () => {
      const { secrets, put } = await harness();
      await put("shared", value);

      const values = await Promise.all(
        Array.from({ length: 50 }, (_, index) => secrets.get(tenant, "shared", { refresh: index % 2 === 0 })),
      );

      expect(new Set(values)).toEqual(new Set([value]));
    });

    it("gives a tenant its own secret and everybody's, and another's as if there were none", async () => {
      const { secrets, put } = await harness();
      await put("plausible-api-key", "the tenant's", tenant);
      await put("umami-password", "everybody's", everybody);
      await put("posthog-token", "another's", another);

      for (const refresh of [true, false]) {
        expect(await secrets.get(tenant, "plausible-api-key", { refresh })).toBe("the tenant's");
        expect(await secrets.get(another, "plausible-api-key", { refresh })).toBe("not-found");
        expect(await secrets.get(tenant, "umami-password", { refresh })).toBe("everybody's");
        expect(await secrets.get(another, "umami-password", { refresh })).toBe("everybody's");
        expect(await secrets.get(another, "posthog-token", { refresh })).toBe("another's");
        for (const stranger of [tenant, everybody, "", "tenant_id", "constructor", "019b76da"]) {
          expect(await secrets.get(stranger, "posthog-token", { refresh })).toBe("not-found");
        }
      }
    });

    it("says not-found, and asks nobody, for what is no reference", async () => {
      const { secrets } = await harness();

      for (const wrong of ["", "../secrets", "a/b", "https://other.vault.test/secrets/plausible-api-key"]) {
        expect(await secrets.get(tenant, wrong)).toBe("not-found");
      }
    });

    it("checks names without needing the secret to exist", async () => {
      const { secrets } = await harness();

      for (const right of ["a", "plausible-api-key-prod-2", "umamiPassword", "n".repeat(4).concat("-").repeat(25)]) {
        expect(secrets.check(right)).toBe("ok");
      }
    });

    it("refuses what is no reference, without repeating it", async () => {
      const { secrets } = await harness();
      const wrong = [
        "",
        "with space",
        "under_score",
        "a/b",
        "name-".repeat(26),
        "phc_0123456789",
        "correct horse",
        "https://v.test/keys/a",
        "ftp://v.test/secrets/a",
      ];

      for (const reference of wrong) {
        const answer = secrets.check(reference);

        expect(answer).toEqual({ refused: expect.stringMatching(/^\S.{10,}/) });
        if (reference !== "") expect(JSON.stringify(answer)).not.toContain(reference);
      }
    });

    it("refuses URIs of a vault that is not the configured one", async () => {
      const { secrets } = await harness();

      for (const host of ["other.vault.azure.net", "vault.azure.net.attacker.test", "127.0.0.1"]) {
        expect(secrets.check(`https://${host}/secrets/plausible-api-key`)).toEqual({ refused: expect.stringContaining("vault") });
      }
    });

    it("takes URIs of the configured vault, if it has one, with the same values", async () => {
      const { secrets, put, vaultUri } = await harness();
      const uri = `${vaultUri ?? "https://none.vault.test"}/secrets/plausible-api-key`;
      await put("plausible-api-key", value);

      expect(secrets.check(uri)).toEqual(vaultUri ? "ok" : { refused: expect.stringContaining("no vault") });
      expect(await secrets.get(tenant, uri, { refresh: true })).toBe(vaultUri ? value : "not-found");
    });
  });
}
