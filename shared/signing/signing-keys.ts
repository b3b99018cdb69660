import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from "node:crypto";

/** The public half of a signing key, as anybody may know it. */
export interface PublicKey {
  readonly key_id: string;
  readonly algorithm: "ed25519";
  /** RFC 8037, with `kid` and `use` of RFC 7517. */
  readonly jwk: {
    readonly kty: "OKP";
    readonly crv: "Ed25519";
    readonly x: string;
    readonly kid: string;
    readonly use: "sig";
  };
  /** SubjectPublicKeyInfo. */
  readonly pem: string;
}

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;

/** A new private key, as the text that keys are kept in (PEM of PKCS #8). */
export function mintSigningKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

/**
 * Reads private keys, oldest first, from one text with a PEM block for each. Throws without any, and for anything that is not an
 * Ed25519 private key; the message repeats nothing of the text.
 */
export function readSigningKeys(text: string): readonly [SigningKey, ...SigningKey[]] {
  const keys = (text.match(pemBlock) ?? []).map(readSigningKey);
  const [first, ...rest] = keys;
  if (first === undefined) {
    throw new Error("the signing key is not in PEM form");
  }
  return [first, ...rest];
}

function readSigningKey(pem: string): SigningKey {
  const privateKey = parsePrivateKey(pem);
  if (privateKey?.asymmetricKeyType !== "ed25519") {
    throw new Error("a signing key is not an Ed25519 private key in PKCS #8");
  }
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // The reason could quote the key.
    return undefined;
  }
}

function publicKeyOf(privateKey: KeyObject): PublicKey {
  const key = createPublicKey(privateKey);
  const key_id = hash("sha256", key.export({ type: "spki", format: "der" }), "hex").slice(0, 16);
  const x = String(key.export({ format: "jwk" }).x);
  const pem = key.export({ type: "spki", format: "pem" }) as string;
  return { key_id, algorithm: "ed25519", jwk: { kty: "OKP", crv: "Ed25519", x, kid: key_id, use: "sig" }, pem };
}
