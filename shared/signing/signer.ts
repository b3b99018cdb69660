import { createPublicKey, sign, verify } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import { type PublicKey, readSigningKeys } from "./signing-keys.ts";

export interface Signature {
  readonly key_id: string;
  readonly algorithm: "ed25519";
  /** base64url, without padding. */
  readonly value: string;
}

/**
 * Signs statements of the gateway. A document says in itself what it states (`type`), so that a signature never passes for another
 * statement's.
 */
export interface Signer {
  /** Over the canonical JSON (RFC 8785) of the document, with the newest key. */
  sign(document: object): Promise<Signature>;
  /** Of the keys that anything was ever signed with, oldest first. */
  publicKeys(): Promise<readonly PublicKey[]>;
}

/**
 * A signer whose private keys are read anew for each use, so that a key added to the secret signs without a restart.
 * @param readKeys one or more Ed25519 keys (PEM of PKCS #8); the last one signs, the others stay published
 */
export function openSigner(readKeys: () => Promise<string>): Signer {
  let parsed: { readonly text: string; readonly keys: ReturnType<typeof readSigningKeys> } | undefined;
  const currentKeys = async () => {
    const text = await readKeys();
    if (parsed?.text !== text) {
      parsed = { text, keys: readSigningKeys(text) };
    }
    return parsed.keys;
  };
  return {
    async sign(document) {
      const keys = await currentKeys();
      const { privateKey, publicKey } = keys.at(-1) ?? keys[0];
      const value = sign(null, Buffer.from(canonicalJson(document)), privateKey).toString("base64url");
      return { key_id: publicKey.key_id, algorithm: "ed25519", value };
    },
    publicKeys: async () => (await currentKeys()).map(({ publicKey }) => publicKey),
  };
}

/** Whether one of the keys signed exactly this document. Needs nothing but public keys, so that anybody can check offline. */
export function verifySignature(document: object, signature: Signature, publicKeys: readonly PublicKey[]): boolean {
  const key = publicKeys.find(({ key_id }) => key_id === signature.key_id);
  const bytes = Buffer.from(signature.value, "base64url");
  // One signature has one text: decoding forgives what encoding would not write.
  if (key === undefined || signature.algorithm !== "ed25519" || bytes.toString("base64url") !== signature.value) {
    return false;
  }
  return verify(null, Buffer.from(canonicalJson(document)), createPublicKey(key.pem), bytes);
}
