import { z } from "zod";
import type { ConfigChange } from "../../shared/configs/change-config.ts";
import { type Config, publicView } from "../../shared/configs/config.ts";
import { entityTag, ifMatchAllows } from "../../shared/http/entity-tag.ts";
import type { RouteResult } from "../../shared/http/route.ts";
import type { Stored } from "../../shared/ports/document-store.ts";
import { Problem } from "../../shared/problems/problem.ts";
import type { ProviderDefinition } from "../../shared/providers/definition.ts";
import { findProvider } from "../../shared/providers/registry.ts";
import type { TenantPrincipal } from "../../shared/tenants/principal.ts";

/** What the routes of a config have in common. */
export const params = z.object({ provider: z.string(), id: z.string().min(1).max(64) });
export const write = { scope: "analytics:write" } as const;
export const bytesMax = 65_536;
export const problems = ["unknown-provider", "not-found"] as const;

/** Whether to activate even if the verification fails. */
export const forceQuery = z.strictObject({
  force: z
    .enum(["true", "false"])
    .default("false")
    .transform((force) => force === "true"),
});

/** The definition of the provider that a path names. */
export function requireProvider(slug: string): ProviderDefinition {
  const definition = findProvider(slug);
  if (definition === undefined) {
    throw new Problem("unknown-provider", "the path names no provider of this gateway");
  }
  return definition;
}

/** A config as an answer, with its tag. */
export const answer = (status: number, { document, etag }: Stored<Config>): RouteResult => ({
  status,
  body: publicView(document),
  headers: { etag: entityTag(etag) },
});

interface ChangeInput {
  readonly principal: TenantPrincipal;
  readonly params: z.infer<typeof params>;
  readonly header: (name: string) => string | undefined;
}

/** Which config a request changes, for whom, and whether only in one version. */
export const changeOf = ({ principal, params, header }: ChangeInput): ConfigChange => ({
  tenantId: principal.tenant_id,
  definition: requireProvider(params.provider),
  id: params.id,
  by: `key:${principal.key_id}`,
  mayReplace: ifMatchAllows(header("if-match")),
});
