import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../shared/signing/canonical-json.ts";
import { openSigner, verifySignature } from "../../../shared/signing/signer.ts";
import { mintSigningKey } from "../../../shared/signing/signing-keys.ts";

const document = { type: "statement", count: 3, names: ["b", "a"], nested: { ok: true, none: null } };

describe("openSigner", () => {
  it("signs so that anybody with the published keys can check", async () => {
    const signer = openSigner(async () => key);
    const signature = await signer.sign(document);
    expect(signature).toMatchObject({ algorithm: "ed25519", value: expect.stringMatching(/^[\w-]{86}$/) });
    expect(verifySignature(document, signature, await signer.publicKeys())).toBe(true);
  });

  it("publishes keys that other software reads: as JWK and as PEM", async () => {
    const signer = openSigner(async () => key);
    const [published] = await signer.publicKeys();
    const { value } = await signer.sign(document);
    const bytes = Buffer.from(value, "base64url");
    for (const form of [published!.pem, { key: published!.jwk, format: "jwk" as const }]) {
      expect(verify(null, Buffer.from(canonicalJson(document)), createPublicKey(form), bytes)).toBe(true);
    }
    expect(published!.key_id).toMatch(/^[0-9a-f]{16}$/);
    expect(published!.jwk.kid).toBe(published!.key_id);
  });

  it("never publishes a private half", async () => {
    const text = JSON.stringify(await openSigner(async () => key).publicKeys());
    expect(text).not.toMatch(/PRIVATE|"d"/);
  });

  it("signs with the newest key and keeps publishing the older ones", async () => {
    let keys = key;
    const signer = openSigner(async () => keys);
    const before = await signer.sign(document);
    keys = `${key}\n${mintSigningKey()}`;
    const after = await signer.sign(document);
    const published = await signer.publicKeys();
    expect(published.map(({ key_id }) => key_id)).toEqual([before.key_id, after.key_id]);
    expect(before.key_id).not.toBe(after.key_id);
    for (const signature of [before, after]) {
      expect(verifySignature(document, signature, published)).toBe(true);
    }
  });

  it("does not mind the order of members", async () => {
    const signer = openSigner(async () => key);
    const signature = await signer.sign({ a: 1, b: { c: 2, d: 3 } });
    expect(verifySignature({ b: { d: 3, c: 2 }, a: 1 }, signature, await signer.publicKeys())).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["other text", "hunter2-hunter2"],
    ["a broken key", "-----BEGIN PRIVATE KEY-----\nhunter2hunter2==\n-----END PRIVATE KEY-----"],
    ["a key of another kind", generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string],
    ["a public key", generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string],
    ["a broken key after a good one", `${mintSigningKey()}-----BEGIN PRIVATE KEY-----\nhunter2=\n-----END PRIVATE KEY-----`],
  ])("refuses %s as its keys without repeating it", async (_what, text) => {
    const failure = await openSigner(async () => text)
      .sign(document)
      .catch((error: Error) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).stack).not.toContain("hunter2");
    expect((failure as Error).cause).toBeUndefined();
  });
});

describe("verifySignature", () => {
  it("refuses any other document, value, key or algorithm", async () => {
    const signer = openSigner(async () => key);
    const signature = await signer.sign(document);
    const keys = await signer.publicKeys();
    const others = await openSigner(async () => mintSigningKey()).publicKeys();
    expect(verifySignature({ ...document, count: 4 }, signature, keys)).toBe(false);
    expect(verifySignature({ ...document, more: 1 }, signature, keys)).toBe(false);
    expect(verifySignature(document, signature, others)).toBe(false);
    expect(verifySignature(document, signature, [{ ...others[0]!, key_id: signature.key_id }])).toBe(false);
    expect(verifySignature(document, { ...signature, algorithm: "none" as "ed25519" }, keys)).toBe(false);
    expect(verifySignature(document, { ...signature, value: "" }, keys)).toBe(false);
    expect(verifySignature(document, { ...signature, value: `${signature.value}=` }, keys)).toBe(false);
  });

  it("refuses a signature with any character changed", async () => {
    const signer = openSigner(async () => key);
    const signature = await signer.sign(document);
    const keys = await signer.publicKeys();
    for (let at = 0; at < signature.value.length; at++) {
      const other = signature.value[at] === "A" ? "B" : "A";
      const value = signature.value.slice(0, at) + other + signature.value.slice(at + 1);
      expect(verifySignature(document, { ...signature, value }, keys)).toBe(false);
    }
  });
});

describe("canonicalJson", () => {
  it("gives the text of RFC 8785, section 3.2.3", () => {
    const sample = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    expect(Object.values(JSON.parse(canonicalJson(sample)) as object)).toEqual(
      // A JavaScript object puts "1" first whatever its text says, and here it belongs second.
      [
        "One",
        "Carriage Return",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
      ],
    );
    expect(canonicalJson({ numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0] })).toBe(
      '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0]}',
    );
  });

  it("is the same for a document and its JSON read back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(canonicalJson(JSON.parse(JSON.stringify(value)) as object)).toBe(canonicalJson(value));
      }),
    );
  });

  it.each([
    ["a number that is not finite", { value: Number.NaN }],
    ["a lone surrogate", { value: "\ud800" }],
  ])("refuses %s", (_what, value) => {
    expect(() => canonicalJson(value)).toThrow();
  });
});

const key = mintSigningKey();
