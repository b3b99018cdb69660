import { generateKeyPairSync, sign } from "node:crypto";

/** PEM texts for a TLS server of a test. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate for one DNS name, signed by its own new P-256 key and valid from yesterday to tomorrow (RFC 5280). */
export function selfSignedCertificate(dnsName: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ecdsaWithSha256 = sequence(Buffer.from("06082a8648ce3d040302", "hex"));
  const commonName = sequence(der(0x31, sequence(Buffer.from("0603550403", "hex"), der(0x0c, Buffer.from(dnsName)))));
  const alternativeName = sequence(Buffer.from("0603551d11", "hex"), der(0x04, sequence(der(0x82, Buffer.from(dnsName)))));
  const day = 86_400_000;

  const toBeSigned = sequence(
    der(0xa0, Buffer.from("020102", "hex")),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    commonName,
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + day)),
    commonName,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(alternativeName)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", toBeSigned, privateKey)]));
  const base64 = sequence(toBeSigned, ecdsaWithSha256, signature).toString("base64");

  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function utcTime(time: number): Buffer {
  const digits = new Date(time).toISOString().replace(/\D/g, "");
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}
