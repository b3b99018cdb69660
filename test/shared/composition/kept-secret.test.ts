import { expect, it } from "vitest";
import { keptSecret } from "../../../shared/composition/kept-secret.ts";

it("reads a secret of the gateway's own each time, so that a new version counts", async () => {
  let version = 0;
  const read = keptSecret({ get: async (reference) => `${reference} ${++version}` }, "carreau-signing-key", "signing key");
  expect([await read(), await read()]).toEqual(["carreau-signing-key 1", "carreau-signing-key 2"]);
});

it("503: says what the vault lacks", async () => {
  const read = keptSecret({ get: async () => "not-found" }, "carreau-signing-key", "signing key");
  await expect(read()).rejects.toMatchObject({ code: "store-unavailable", detail: "the vault holds no signing key" });
});
