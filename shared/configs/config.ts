import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ProviderDefinition, Verification } from "../providers/definition.ts";
import { allowedDomains } from "../tenants/domain.ts";
import { filterSchema } from "./filter.ts";
import type { Status, StatusChange } from "./lifecycle.ts";

export const consentCategories = ["functional", "analytics", "marketing"] as const;

/** The settings that a config of any provider has (spec 2.2). */
const commonSettings = (definition: ProviderDefinition) => ({
  display_name: z.string().trim().min(1).max(200).default(definition.name),
  allowed_domains: allowedDomains.default([]).describe("Sites whose events are sent; none means all."),
  require_cookie_consent: z.boolean().default(definition.consent.requiredByDefault),
  consent_category: z.enum(consentCategories).default(definition.consent.category),
  drop_empty_user_agents: z.boolean().default(false).describe("Treats an event without a user agent as a bot's."),
  filter: filterSchema.nullable().default(null).describe("Which events this config wants; `null` means all."),
  late_after_seconds: z
    .int()
    .min(60)
    .max(259_200)
    .nullable()
    .default(definition.lateAfterSeconds ?? null)
    .describe("An event that could not be sent this long after it happened is given up; `null` means never."),
});

/** What a tenant says to make a config: common settings, the provider's own, and references to its credentials. */
export const configSettings = (definition: ProviderDefinition) =>
  z.strictObject({ ...commonSettings(definition), ...definition.settings.shape, credentials: definition.credentials.prefault({}) });

type CommonSettings = { readonly [K in keyof ReturnType<typeof commonSettings>]: z.infer<ReturnType<typeof commonSettings>[K]> };

/** What was found when the config's credentials were last verified, as it is kept: short and without secrets. */
export interface StoredVerification {
  readonly result: Verification["result"];
  readonly detail: string;
  /** The provider's answer that a failure rests on, redacted. */
  readonly answer?: { readonly status: number; readonly body: string };
  readonly capabilities?: Readonly<Record<string, boolean>>;
  /** ISO 8601, whatever the result. */
  readonly verified_at: string;
}

/** A provider config as stored; the provider's own settings stand apart in `settings`. */
export interface Config extends CommonSettings {
  readonly id: string;
  /** The tenant. */
  readonly pk: string;
  readonly tenant_id: string;
  readonly provider: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Names of secrets (`*_ref`) and plain identifiers; never a secret. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly status: Status;
  readonly status_reason?: string;
  /** The newest 100 changes, oldest first. */
  readonly status_history: readonly StatusChange[];
  /** Of these very settings and credentials. */
  readonly verification?: StoredVerification;
  readonly created_at: string;
  /** When its tenant last changed it; what the gateway changes stands in the history. */
  readonly updated_at: string;
}

/** What of a config its tenant may change, in the shape of `configSettings`. */
export function editableView(config: Config) {
  const { display_name, allowed_domains, require_cookie_consent, consent_category } = config;
  const { drop_empty_user_agents, filter, late_after_seconds, settings, credentials } = config;
  const common = { display_name, allowed_domains, require_cookie_consent, consent_category };
  return { ...common, drop_empty_user_agents, filter, late_after_seconds, ...settings, credentials };
}

/** A config as its tenant sees it: one flat document. */
export function publicView(config: Config) {
  const { id, tenant_id, provider, status, status_reason, status_history, verification = null, created_at, updated_at } = config;
  return {
    id,
    tenant_id,
    provider,
    status,
    ...(status_reason === undefined ? {} : { status_reason }),
    ...editableView(config),
    status_history,
    verification,
    created_at,
    updated_at,
  };
}

/** Whether a verification of one says something about the other: both ask the same of the provider. */
export const hasSameAccess = (one: Config, other: Config): boolean =>
  isDeepStrictEqual([one.settings, one.credentials], [other.settings, other.credentials]);

/** Splits parsed settings into the parts that are stored; the opposite of `editableView`. */
export function storedSettings(parsed: Readonly<Record<string, unknown>>, definition: ProviderDefinition) {
  const own = Object.keys(definition.settings.shape);
  const rest = Object.fromEntries(Object.entries(parsed).filter(([name]) => !own.includes(name)));
  const settings = Object.fromEntries(own.filter((name) => parsed[name] !== undefined).map((name) => [name, parsed[name]]));
  return { ...(rest as unknown as CommonSettings & { credentials: Record<string, string> }), settings };
}
