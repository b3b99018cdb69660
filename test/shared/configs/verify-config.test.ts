import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publicView } from "../../../shared/configs/config.ts";
import { fakeProvider } from "../../support/fake-provider.ts";
import { status } from "../../support/gateway-in-process.ts";
import { openVerificationScene, token } from "../../support/verification-scene.ts";

const at = "2026-01-01T00:00:00.000Z";

describe("verifying a config", () => {
  let scene: ReturnType<typeof openVerificationScene>;
  beforeEach(() => {
    scene = openVerificationScene();
  });
  afterEach(() => scene.close());

  const verificationOf = async (id: string) => (await scene.verify(id)).document.verification;

  describe("keeps with the config, and shows, what its provider proves", () => {
    it("verified: with what the server can do, and nothing else is changed", async () => {
      const id = await scene.make();
      const before = (await scene.stored(id)).document;
      scene.says(status(200, '{"batches":true}'));
      await scene.clock.jump(60_000);
      const stored = await scene.verify(id);
      const verification = {
        result: "verified",
        detail: "the token is known",
        capabilities: { batches: true },
        verified_at: "2026-01-01T00:01:00.000Z",
      };
      expect(stored.document).toEqual({ ...before, verification });
      expect(await scene.stored(id)).toEqual(stored);
      expect(publicView(before)).toMatchObject({ verification: null });
      expect(publicView(stored.document)).toMatchObject({ verification });
    });

    it("unverifiable: where the provider can't tell, or there is no way to ask it", async () => {
      scene.says(status(204));
      const detail = "the server takes any token";
      expect(await verificationOf(await scene.make())).toEqual({ result: "unverifiable", detail, verified_at: at });
      scene.scene.definition = fakeProvider();
      const { length } = scene.asked;
      expect(await verificationOf(await scene.make())).toMatchObject({ result: "unverifiable" });
      expect(scene.asked).toHaveLength(length);
    });

    it("failed: with its answer, without the secrets and personal data in it", async () => {
      const echo = `${token} or ${encodeURIComponent(token)} of owner@club.example at 203.0.113.7`;
      scene.says(status(401, echo));
      expect(await verificationOf(await scene.make())).toEqual({
        result: "failed",
        detail: "the token [REDACTED_SECRET] is refused",
        answer: { status: 401, body: "[REDACTED_SECRET] or [REDACTED_SECRET] of [REDACTED_EMAIL] at [REDACTED_IP]" },
        verified_at: at,
      });
    });
  });

  it("asks with all secrets that the config refers to, as the vault has them now, and waits 10 s for an answer", async () => {
    await scene.verify(await scene.make());
    expect(scene.asked).toMatchObject([{ method: "GET", headers: { authorization: token }, timeoutMs: 10_000 }]);
    expect(scene.vault.refreshed).toBe(1);
  });

  it("fails without asking where the vault lacks a secret, naming the reference's field and not its value", async () => {
    const id = await scene.make({ credentials: { token_ref: "nobody-knows", account: "A" } });
    const verification = await verificationOf(id);
    expect(verification).toEqual({
      result: "failed",
      detail: "/credentials/token_ref: the vault does not have this secret for this tenant",
      verified_at: at,
    });
    expect(scene.asked).toEqual([]);
  });

  it("changes nothing while the vault can't answer", async () => {
    const id = await scene.make();
    const before = await scene.stored(id);
    scene.vault.isDown = true;
    await expect(scene.verify(id)).rejects.toMatchObject({ code: "store-unavailable" });
    expect(await scene.stored(id)).toEqual(before);
  });

  describe("fails in plain words, and in time,", () => {
    it("where the provider is not reached", async () => {
      scene.says({ kind: "failure", reason: "target-refused", sent: false });
      expect(await verificationOf(await scene.make())).toMatchObject({ detail: "endpoint does not answer: target-refused" });
    });

    it.each([
      [
        "at once",
        () => {
          throw new Error(`no ${token}`);
        },
      ],
      ["later", () => Promise.reject(new TypeError(`no ${token}`))],
      ["something that is no error", () => Promise.reject(token)],
    ])("where the definition throws %s, and the log says so without the message", async (_, verify) => {
      scene.scene.definition = { ...scene.scene.definition, verify };
      expect(await verificationOf(await scene.make())).toMatchObject({ result: "failed", detail: expect.any(String) });
      expect(scene.logged).toMatchObject([{ event: "verification_threw", provider: "acme" }]);
    });

    it("where the definition can't read an answer", async () => {
      scene.says(status(200, `<html>${token}`));
      expect(await verificationOf(await scene.make())).toMatchObject({ result: "failed" });
    });

    it("where nothing comes for 25 s", async () => {
      const id = await scene.make();
      scene.scene.answer = () => new Promise(() => {});
      const verifying = verificationOf(id);
      for (let round = 0; scene.asked.length === 0; round++) {
        expect(round).toBeLessThan(1000);
        await scene.clock.advance(0);
      }
      await scene.clock.advance(25_000);
      expect(await verifying).toMatchObject({ result: "failed", detail: "the provider took too long to answer" });
    });

    it("and leaves no timer behind when it did not take long", async () => {
      const { pendingCount } = scene.clock;
      await scene.verify(await scene.make());
      expect(scene.clock.pendingCount).toBe(pendingCount);
    });

    afterEach(() => expect(JSON.stringify(scene.logged)).not.toContain(token));
  });

  it("404: for an id of another tenant, of another provider, or of nobody", async () => {
    const id = await scene.make();
    for (const [of, more] of [
      [id, { tenantId: "tenant-b" }],
      [id, { definition: { ...scene.scene.definition, slug: "elsewhere" } }],
      ["nobody", {}],
    ] as const) {
      await expect(scene.verify(of, more)).rejects.toMatchObject({ code: "not-found" });
    }
    expect(scene.asked).toEqual([]);
  });

  it("is refused for a decommissioned config, which keeps no verification either", async () => {
    const id = await scene.make();
    await scene.verify(id);
    await scene.decommission(id);
    expect((await scene.stored(id)).document).not.toHaveProperty("verification");
    await expect(scene.verify(id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("is refused for a version that is not the newest any more", async () => {
    const id = await scene.make();
    await expect(scene.verify(id, { mayReplace: () => false })).rejects.toMatchObject({ code: "precondition-failed" });
    expect(scene.asked).toEqual([]);
  });

  describe("while the config is changed", () => {
    const changing = (change: () => Promise<unknown>) => {
      scene.scene.answer = async () => {
        await change();
        return status(200, "{}");
      };
    };

    it("in something else: keeps both, having asked once", async () => {
      const id = await scene.make();
      changing(() => scene.patch(id, { display_name: "Club" }));
      await scene.verify(id);
      expect((await scene.stored(id)).document).toMatchObject({ display_name: "Club", verification: { result: "verified" } });
      expect(scene.asked).toHaveLength(1);
    });

    it.each([{ site: "b" }, { credentials: { token_ref: null } }])(
      "in what was verified (%j): says so, and keeps nothing",
      async (change) => {
        const id = await scene.make();
        changing(() => scene.patch(id, change));
        await expect(scene.verify(id)).rejects.toMatchObject({ code: "conflict" });
        expect((await scene.stored(id)).document).not.toHaveProperty("verification");
      },
    );

    it("by another verification: both are answered", async () => {
      const id = await scene.make();
      const both = await Promise.all([scene.verify(id), scene.verify(id)]);
      expect(both.map(({ document }) => document.verification?.result)).toEqual(["verified", "verified"]);
    });
  });

  describe("is forgotten", () => {
    it.each([
      { site: "b" },
      { endpoint: "https://other.example" },
      { credentials: { account: "A" } },
      { credentials: { token_ref: null } },
    ])("with a change of settings or credentials: %j", async (body) => {
      const id = await scene.make();
      await scene.verify(id);
      expect((await scene.patch(id, body)).document).not.toHaveProperty("verification");
    });

    it.each([{ display_name: "Club" }, { allowed_domains: ["example.org"] }, { site: "a" }])("not with other changes: %j", async (body) => {
      const id = await scene.make();
      const { document } = await scene.verify(id);
      expect((await scene.patch(id, body)).document.verification).toEqual(document.verification);
    });
  });
});
