import ipaddr from "ipaddr.js";
import { z } from "zod";
import type { KeyKind } from "./api-key.ts";
import { allowedDomains } from "./domain.ts";
import { type Scope, scopes, siteKeyScopes } from "./principal.ts";

/** What an operator says to make a key. */
export const newKey = z
  .strictObject({
    kind: z.enum(["secret", "site"]),
    scopes: z.array(z.enum(scopes)).max(scopes.length).optional(),
    allowed_domains: allowedDomains.default([]).describe("Origins a site key may be used from."),
    cidr_allow: z
      .array(z.string().refine((range) => ipaddr.isValidCIDR(range), "an address range such as 203.0.113.0/24"))
      .max(100)
      .default([])
      .describe("Address ranges a secret key may be used from; none means any."),
  })
  .superRefine((key, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (key.kind === "secret") {
      if (key.scopes === undefined || key.scopes.length === 0) {
        refuse("scopes", "a secret key needs at least one scope");
      }
      if (key.scopes?.includes("admin") === true) {
        refuse("scopes", "the admin scope belongs to the admin key");
      }
      if (key.allowed_domains.length > 0) {
        refuse("allowed_domains", "only a site key has allowed domains");
      }
    } else {
      if (key.scopes?.some((scope) => !siteKeyScopes.includes(scope)) === true) {
        refuse("scopes", `a site key has no scopes but ${siteKeyScopes.join(", ")}`);
      }
      if (key.allowed_domains.length === 0) {
        refuse("allowed_domains", "a site key needs the domains of its sites");
      }
      if (key.cidr_allow.length > 0) {
        refuse("cidr_allow", "only a secret key has address ranges");
      }
    }
  });
export type NewKey = z.infer<typeof newKey>;

interface KeyFacts {
  readonly tenant_id: string;
  readonly kind: KeyKind;
  readonly scopes: readonly Scope[];
  readonly allowed_domains: readonly string[];
  readonly cidr_allow: readonly string[];
  readonly created_at: string;
}

/** What a request's key is looked up by: `id` and `pk` are its hash. */
export interface KeyCredential extends KeyFacts {
  readonly id: string;
  readonly pk: string;
  readonly key_id: string;
  /** Copied from the tenant, so that a request costs one read. */
  readonly event_shards: number;
}

/** The key among its tenant's keys: `pk` is the tenant. */
export interface KeyRecord extends KeyFacts {
  readonly id: string;
  readonly pk: string;
  readonly hash: string;
  /** The key's first characters, to recognise it by. */
  readonly hint: string;
}
