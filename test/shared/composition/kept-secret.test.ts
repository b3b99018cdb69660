import { expect, it } from "vitest";
import { keptAdminKey, keptSecret } from "../../../shared/composition/kept-secret.ts";

it("reads a secret of the gateway's own each time, so that a new version counts", async () => {
  let version = 0;
  const read = keptSecret({ getOwn: async (reference) => `${reference} ${++version}` }, "carreau-signing-key", "signing key");
  expect([await read(), await read()]).toEqual(["carreau-signing-key 1", "carreau-signing-key 2"]);
});

it("503: says what the vault lacks", async () => {
  const read = keptSecret({ getOwn: async () => "not-found" }, "carreau-signing-key", "signing key");
  await expect(read()).rejects.toMatchObject({ code: "store-unavailable", detail: "the vault holds no signing key" });
});

it("reads the admin key without the white space around it", async () => {
  const read = keptAdminKey({ getOwn: async () => "operator-key-0123\n" }, "carreau-admin-key");
  expect(await read()).toBe("operator-key-0123");
});

it.each(["", "short", "fifteen-letters", `short${" ".repeat(20)}`])(
  "503: lets nobody in with an admin key as short as %j, and names the setting",
  async (kept) => {
    const read = keptAdminKey({ getOwn: async () => kept }, "carreau-admin-key");
    const refused = await read().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "store-unavailable", detail: "the vault holds no admin key that is long enough" });
    expect(String((refused as Error).cause)).toContain("CARREAU_ADMIN_KEY_REF: the secret carreau-admin-key");
  },
);
