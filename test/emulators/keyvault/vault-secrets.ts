import { randomUUID } from "node:crypto";

export interface SecretVersion {
  readonly name: string;
  /** 32 hexadecimal digits. */
  readonly version: string;
  readonly value: string;
  readonly enabled: boolean;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Seconds since the epoch, as all times of Key Vault. */
  readonly created: number;
}

/** The secrets of a vault with all their versions. Names ignore case. */
export class VaultSecrets {
  readonly #versions = new Map<string, SecretVersion[]>();

  /** Adds a version, which is the latest one from now on. */
  set(name: string, value: string, options: Partial<Pick<SecretVersion, "enabled" | "contentType" | "tags">> = {}): SecretVersion {
    const version: SecretVersion = {
      name,
      version: randomUUID().replaceAll("-", ""),
      value,
      enabled: options.enabled ?? true,
      created: Math.floor(Date.now() / 1000),
      ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
      ...(options.tags === undefined ? {} : { tags: options.tags }),
    };
    this.#versions.set(name.toLowerCase(), [...(this.#versions.get(name.toLowerCase()) ?? []), version]);
    return version;
  }

  /** A version, or the latest one, be it enabled or not. */
  find(name: string, version?: string): SecretVersion | undefined {
    const versions = this.#versions.get(name.toLowerCase());
    return version ? versions?.find((candidate) => candidate.version === version) : versions?.at(-1);
  }
}
