import type { z } from "zod";
import type { DeliverableEvent } from "../events/event.ts";

/** Why an event was not sent on purpose (spec 3.8); a closed list. */
export const suppressedReasons = [
  "consent_missing",
  "consent_denied",
  "consent_expired",
  "consent_revoked",
  "do_not_track",
  "global_privacy_control",
  "bot",
  "domain_not_allowed",
  "config_inactive",
  "filtered",
  "custom_events_disabled",
  "quota",
  "sandbox",
] as const;
export type SuppressedReason = (typeof suppressedReasons)[number];

/** What a provider's answer (or its mapping) means for one event. `reason` is for the tenant and holds no personal data. */
export type Verdict =
  | { readonly verdict: "delivered" }
  /** The provider says yes to anything. */
  | { readonly verdict: "accepted_unverifiable" }
  | { readonly verdict: "dropped_by_provider"; readonly reason: string }
  | { readonly verdict: "suppressed"; readonly reason: SuppressedReason; readonly detail: string }
  /** Permanent: the same request would fail again. */
  | { readonly verdict: "rejected"; readonly reason: string }
  | { readonly verdict: "retry"; readonly reason: string }
  /** Too late to be counted where it belongs. */
  | { readonly verdict: "expired"; readonly reason: string }
  /** Too large together: send the halves. */
  | { readonly verdict: "split" };

/** One HTTP request of a mapping and the events (indexes into the mapped array) that it carries. */
export interface ProviderRequest {
  readonly method: "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly events: readonly number[];
}

/** Something of an event that was changed so that the provider takes it, for the event's receipt. Holds names, never values. */
export interface Adjustment {
  /** Index into the mapped events. */
  readonly event: number;
  /** JSON pointer into the event. */
  readonly pointer: string;
  readonly change: "renamed" | "cut" | "converted" | "dropped";
  readonly detail: string;
}

/** What a mapping makes of events: requests, and events settled without one. Every index stands in exactly one place. */
export interface Mapping {
  readonly requests: readonly ProviderRequest[];
  readonly settled: readonly { readonly event: number; readonly verdict: Verdict }[];
  readonly adjustments?: readonly Adjustment[];
}

/** A provider's answer as its definition reads it; header names are lower case. */
export interface ProviderAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answer was longer than the gateway reads; `body` is its beginning. */
  readonly truncated?: boolean;
}

/** A request by which a definition asks its provider something that is not about an event. */
export interface ProviderQuestion {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks a provider; the gateway guards targets, time and size. `unreachable` says why there is no answer. */
export type AskProvider = (question: ProviderQuestion) => Promise<ProviderAnswer | { readonly unreachable: string }>;

/** What is known about a config's credentials (spec 2.5). */
export interface Verification {
  /** `unverifiable`: the provider can't prove it, or not with the credentials that the config has. */
  readonly result: "verified" | "unverifiable" | "failed";
  /** For the tenant: what was proven, why it can't be, or what is wrong. Holds no secret. */
  readonly detail: string;
  /** The answer that a failure rests on. */
  readonly answer?: ProviderAnswer;
  /** What this provider's server can do, found on the way; the mapping may use it. */
  readonly capabilities?: Readonly<Record<string, boolean>>;
}

/** A tenant's settings for one provider, parsed by the definition's schemas. */
export interface ProviderConfig<Settings = Readonly<Record<string, unknown>>> {
  readonly settings: Settings;
  /** The plain identifiers and the references of the config's `credentials`. */
  readonly credentials?: Readonly<Record<string, string>>;
  /** As the last verification found them. */
  readonly capabilities?: Readonly<Record<string, boolean>>;
  /** Secret values by the name of their reference, of those named in `secretsToSend` and `optionalSecretsToSend`. */
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Something that a provider can be asked through a tenant's config, such as flags or funnels. `answer` never throws for what a
 * provider says or fails to say.
 */
export interface Insight<Settings, Question, Outcome> {
  /** Name of the setting that lets it be asked. */
  readonly setting: string;
  isEnabled(settings: Settings): boolean;
  /** Names of the settings that asking needs beside it. */
  readonly settingsNeeded?: readonly string[];
  /** Names of the references whose secrets asking needs. */
  readonly secretsNeeded: readonly string[];
  answer(question: Question, config: ProviderConfig<Settings>, ask: AskProvider): Promise<Outcome>;
}

/** One visitor's flags. */
export interface FlagsQuestion {
  readonly visitor: {
    readonly id: string;
    readonly properties?: Readonly<Record<string, unknown>> | undefined;
    readonly groups?: Readonly<Record<string, string>> | undefined;
  };
  /** Keys of the flags that are asked for; without them, all. */
  readonly flags?: readonly string[] | undefined;
  /** The config's id and the time in milliseconds since the epoch, for identifiers that must not last. */
  readonly configId: string;
  readonly at: number;
}

/** A flag as evaluated for a visitor: off, on, or the name of a variant. */
export interface FlagValue {
  readonly value: boolean | string;
  readonly payload?: unknown;
}

/** What came of asking for flags. Texts are for the tenant and hold no personal data. */
export type FlagsOutcome =
  /** `incomplete` says why flags may be missing that the provider has. */
  | { readonly flags: Readonly<Record<string, FlagValue>>; readonly incomplete?: string }
  /** The visitor is none that can be asked for; `pointer` is a JSON pointer into the visitor. */
  | { readonly refused: { readonly pointer: string; readonly detail: string } }
  /** `status` is that of the answer, if there was one. */
  | { readonly failed: string; readonly status?: number };

/** A condition on a property of a step's event. */
export type PropertyCondition = { readonly property: string } & (
  | { readonly op: "eq" | "neq"; readonly value: string | number | boolean }
  | { readonly op: "contains"; readonly value: string }
  | { readonly op: "gt" | "lt"; readonly value: number }
  | { readonly op: "is_set" }
);

/** How many visitors came how far through `steps`, each within `window` of its first step. Times are ISO 8601. */
export interface FunnelQuestion {
  readonly steps: readonly { readonly event: string; readonly properties?: readonly PropertyCondition[] | undefined }[];
  readonly window: { readonly amount: number; readonly unit: "minute" | "hour" | "day" | "week" };
  readonly from: string;
  readonly to: string;
  readonly order: "ordered" | "unordered" | "strict";
  readonly breakdown?: { readonly property: string; readonly limit: number } | undefined;
}

/** As many steps as the question has; times from the step before are seconds, `null` where there is none. */
export interface FunnelBreakdown {
  readonly value: string | null;
  readonly steps: readonly { readonly count: number; readonly average_seconds: number | null; readonly median_seconds: number | null }[];
}

/** What came of asking for a funnel; `failed` is for the tenant, `again` says whether asking later may help. */
export type FunnelOutcome =
  | { readonly breakdowns: readonly FunnelBreakdown[]; readonly computedAt?: string }
  | { readonly failed: string; readonly again: boolean; readonly answer?: ProviderAnswer };

/**
 * Everything the gateway knows about a provider. Pure: sending, retrying, secrets and books are the dispatcher's.
 * `Settings` are the provider's own fields of a config, beside the common ones (spec 2.2).
 */
export interface ProviderDefinition<Settings = Readonly<Record<string, unknown>>> {
  /** Stands in URLs, queue names and configs; lower case, hyphens. */
  readonly slug: string;
  readonly name: string;
  /** Schema of the provider's own config fields. */
  readonly settings: z.ZodObject;
  /** Schema of `credentials`: fields ending in `_ref` are secret references, others plain identifiers. */
  readonly credentials: z.ZodObject;
  /** Names of the references (`api_secret_ref`) whose secrets sending needs; the others serve verification and reading back. */
  readonly secretsToSend?: readonly string[];
  /** Names of the references whose secrets sending uses where the config has them. */
  readonly optionalSecretsToSend?: readonly string[];
  /**
   * Seconds after an event happened from which on the provider would count it at a wrong time or refuse it: the default of a config's
   * `late_after_seconds`. Absent where events may come as late as they like.
   */
  readonly lateAfterSeconds?: number;
  readonly consent: {
    /** The default of a config's `require_cookie_consent`. */
    readonly requiredByDefault: boolean;
    /** The category that a visitor must have granted where consent is required. */
    readonly category: "functional" | "analytics" | "marketing";
    /** Whether these settings need consent whatever the config's `require_cookie_consent` says. */
    alwaysRequired?(settings: Settings): boolean;
  };
  /** URLs of these settings that the tenant supplied and the gateway will connect to. */
  targets(settings: Settings): readonly string[];
  /**
   * Pure: the same events, config and time give the same requests. Never sends `null`, never the gateway's own address or user agent.
   * @param sentAt milliseconds since the epoch, for providers that refuse what is too old
   */
  toRequests(events: readonly DeliverableEvent[], config: ProviderConfig<Settings>, sentAt?: number): Mapping;
  /** Reads an answer for each event of the request, in the request's order. */
  readAnswer(answer: ProviderAnswer, request: ProviderRequest): readonly Verdict[];
  /**
   * Finds out whether the config's credentials work, without leaving an event behind. Its secrets are all that the config refers to.
   * @param at milliseconds since the epoch, for providers that want a request to say when it was made
   */
  verify?(config: ProviderConfig<Settings>, ask: AskProvider, at: number): Promise<Verification>;
  /** Feature flags that it evaluates for visitors. */
  readonly featureFlags?: Insight<Settings, FlagsQuestion, FlagsOutcome>;
  /** Funnels that it computes from the events it has. */
  readonly funnels?: Insight<Settings, FunnelQuestion, FunnelOutcome>;
}

/** A verification that failed, and the answer that says so, if one does. */
export const failed = (detail: string, answer?: ProviderAnswer): Verification => ({
  result: "failed",
  detail,
  ...(answer === undefined ? {} : { answer }),
});

/** Keeps a definition's own types while it is written; the registry holds definitions of any settings. */
export function defineProvider<Settings>(definition: ProviderDefinition<Settings>): ProviderDefinition {
  return definition as unknown as ProviderDefinition;
}

/** Stands for a visitor whose address is not known, so that ours is never taken for it: the unspecified address of RFC 1122 3.2.1.3. */
export const unknownVisitorIp = "0.0.0.0";
