import type { ProviderDefinition } from "../providers/definition.ts";
import type { ActiveConsentConfig } from "./consent-config.ts";
import type { ConsentRecord, ConsentSignals } from "./consent-record.ts";

/** What a visitor can refuse. */
export type ConsentCategory = ProviderDefinition["consent"]["category"];

/** Why there is no consent; the reasons of spec 3.8 that are about it. */
export type ConsentRefusal =
  | "consent_missing"
  | "consent_denied"
  | "consent_expired"
  | "consent_revoked"
  | "do_not_track"
  | "global_privacy_control";

/** A visitor's newest record, and how the event led to it. */
export interface FoundRecord {
  readonly record: ConsentRecord;
  readonly foundBy: "visitor_id" | "anonymous_id" | "user_id";
}

/** Everything that consent depends on at the moment of sending. */
export interface ConsentFacts {
  readonly tenantId: string;
  readonly found: FoundRecord | undefined;
  /** The tenant's published config; without one nobody can have consented. */
  readonly active: ActiveConsentConfig | undefined;
  /** What the visitor's browser said with the event. */
  readonly signals: ConsentSignals;
  /** What the event's sender claims: heard where it says no. */
  readonly claim: Readonly<Record<string, boolean>> | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a provider config asks for. */
export interface ConsentRule {
  readonly category: ConsentCategory;
  /** Whether nothing is sent without consent; otherwise events go without whatever identifies the visitor. */
  readonly isRequired: boolean;
}

export type ConsentDecision =
  | { readonly send: "identified" }
  | { readonly send: "unidentified"; readonly reason: ConsentRefusal }
  | { readonly send: "nothing"; readonly reason: ConsentRefusal };

/**
 * The gate (spec 4.4): whether an event may go to a provider now, and whether as somebody's. Pure, and closed: what is not
 * clearly granted is refused. Refused is still counted (spec 4.6), unless the visitor's browser asks not to be tracked at all.
 */
export function decideConsent(rule: ConsentRule, facts: ConsentFacts): ConsentDecision {
  const reason = refusalOf(rule.category, facts);
  if (reason === undefined) {
    return { send: "identified" };
  }
  return { send: rule.isRequired || asksForSilence(facts) ? "nothing" : "unidentified", reason };
}

/** What the visitor granted, by category, as far as it counts now: for providers that ask, such as by Consent Mode (spec 4.7). */
export function grantedConsent(facts: ConsentFacts): Readonly<Record<ConsentCategory, boolean>> {
  const isGranted = (category: ConsentCategory) => refusalOf(category, facts) === undefined;
  return { functional: isGranted("functional"), analytics: isGranted("analytics"), marketing: isGranted("marketing") };
}

function refusalOf(category: ConsentCategory, facts: ConsentFacts): ConsentRefusal | undefined {
  return refusalBySignal(category, facts) ?? refusalByRecord(category, facts) ?? refusalByClaim(category, facts);
}

/** Signals count like a denial (spec 4.5), whatever was recorded. Without a published config its defaults hold. */
function refusalBySignal(category: ConsentCategory, { signals, active }: ConsentFacts): ConsentRefusal | undefined {
  const isRespected = respectsSignals(active);
  if (signals.do_not_track && isRespected) {
    return "do_not_track";
  }
  return signals.global_privacy_control && (isRespected || category === "marketing") ? "global_privacy_control" : undefined;
}

function refusalByRecord(category: ConsentCategory, { tenantId, found, active, now }: ConsentFacts): ConsentRefusal | undefined {
  if (found === undefined || active === undefined) {
    return "consent_missing";
  }
  const { record, foundBy } = found;
  const offered = active.categories[category];
  // A user's id can be guessed, and a site key is for everybody to read: what it recorded is nobody's word for a user.
  const isTrusted = foundBy !== "user_id" || record.recorded_by === "secret";
  if (record.tenant_id !== tenantId || record.config_id !== active.config_id || offered?.enabled !== true || !isTrusted) {
    return "consent_missing";
  }
  if (record.revoked.includes(category)) {
    return "consent_revoked";
  }
  if (record.decisions[category] !== true) {
    return record.decisions[category] === false ? "consent_denied" : "consent_missing";
  }
  if (!(Date.parse(record.expires_at) > now)) {
    return "consent_expired";
  }
  // Since then the category stands for more than the visitor was told (spec 4.8).
  const isCurrent = record.config_version >= offered.since_version && record.config_version <= active.version;
  return isCurrent ? undefined : "consent_missing";
}

function refusalByClaim(category: ConsentCategory, { claim }: ConsentFacts): ConsentRefusal | undefined {
  return claim?.[category] === false ? "consent_denied" : undefined;
}

const respectsSignals = (active: ActiveConsentConfig | undefined): boolean => active?.respect_do_not_track ?? true;

/** Whether even what identifies nobody is to stay here (`do_not_track_scope: "all"`). */
function asksForSilence({ signals, active }: ConsentFacts): boolean {
  const isScopeAll = (active?.do_not_track_scope ?? "all") === "all";
  return (signals.do_not_track || signals.global_privacy_control) && respectsSignals(active) && isScopeAll;
}
