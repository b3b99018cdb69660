import type { ActiveConsentConfig } from "../../shared/consent/consent-config.ts";
import type { ConsentRecord } from "../../shared/consent/consent-record.ts";
import type { ConsentDecision, ConsentFacts, ConsentRefusal, ConsentRule } from "../../shared/consent/gate.ts";
import { noSignals } from "./no-signals.ts";

/** The moment of all cases; the record was made an hour before. */
export const now = Date.parse("2026-06-01T12:00:00.000Z");
const hourMs = 3_600_000;
const at = (ms: number) => new Date(ms).toISOString();

const categoryOf = (since_version: number) => ({ enabled: true, required: false, since_version });

/** A published config at version 3; marketing got a new purpose in it. */
export const active = {
  config_id: "banner",
  tenant_id: "club",
  version: 3,
  categories: { necessary: categoryOf(1), functional: categoryOf(1), analytics: categoryOf(2), marketing: categoryOf(3) },
  respect_do_not_track: true,
  do_not_track_scope: "all",
} as unknown as ActiveConsentConfig;

/** A record that grants everything. */
export const record = {
  record_id: "record-1",
  tenant_id: "club",
  visitor_id: "v_1",
  decisions: { necessary: true, functional: true, analytics: true, marketing: true },
  revoked: [],
  config_id: "banner",
  config_version: 3,
  recorded_by: "site",
  decided_at: at(now - hourMs),
  expires_at: at(now + hourMs),
} as unknown as ConsentRecord;

const granted: ConsentFacts = {
  tenantId: "club",
  found: { record, foundBy: "visitor_id" },
  active,
  signals: noSignals,
  claim: undefined,
  now,
};

export interface ConsentCase {
  readonly name: string;
  readonly rule: ConsentRule;
  readonly facts: ConsentFacts;
  readonly decision: ConsentDecision;
  /** What may be told as granted then. */
  readonly consent: Readonly<Record<string, boolean>>;
}

const strict: ConsentRule = { category: "analytics", isRequired: true };
const lenient: ConsentRule = { category: "analytics", isRequired: false };
const withRecord = (change: object, foundBy: "visitor_id" | "anonymous_id" | "user_id" = "visitor_id"): Partial<ConsentFacts> => ({
  found: { record: { ...record, ...change }, foundBy },
});
const withActive = (change: object): Partial<ConsentFacts> => ({ active: { ...active, ...change } });
const dnt = { signals: { do_not_track: true, global_privacy_control: false } };
const gpc = { signals: { do_not_track: false, global_privacy_control: true } };
const all = { functional: true, analytics: true, marketing: true };
const none = { functional: false, analytics: false, marketing: false };

/** One fact at a time differs from a grant; what a strict rule refuses, a lenient one sends without identity, unless told otherwise. */
const differences: readonly (readonly [string, Partial<ConsentFacts>, ConsentRefusal | undefined, object, "silence"?])[] = [
  ["everything is granted", {}, undefined, all],
  ["nobody was found", { found: undefined }, "consent_missing", none],
  ["no config is published", { active: undefined }, "consent_missing", none],
  ["the config has not got the category", withActive({ categories: {} }), "consent_missing", none],
  [
    "the config has the category disabled",
    withActive({ categories: { ...active.categories, analytics: { ...categoryOf(1), enabled: false } } }),
    "consent_missing",
    { ...all, analytics: false },
  ],
  ["the record is another tenant's", withRecord({ tenant_id: "other" }), "consent_missing", none],
  ["the record is for another config", withRecord({ config_id: "older-banner" }), "consent_missing", none],
  [
    "the record does not speak of the category",
    withRecord({ decisions: { marketing: true } }),
    "consent_missing",
    { ...none, marketing: true },
  ],
  ["the record is of no visitor's making", withRecord({ decisions: { analytics: "yes" } }), "consent_missing", none],
  ["it was denied", withRecord({ decisions: { ...record.decisions, analytics: false } }), "consent_denied", { ...all, analytics: false }],
  ["it was revoked", withRecord({ revoked: ["analytics"] }), "consent_revoked", { ...all, analytics: false }],
  ["it was revoked and denied", withRecord({ revoked: ["analytics"], decisions: { analytics: false } }), "consent_revoked", none],
  ["something else was revoked", withRecord({ revoked: ["marketing"] }), undefined, { ...all, marketing: false }],
  ["it expires this very moment", withRecord({ expires_at: at(now) }), "consent_expired", none],
  ["it expired long ago", withRecord({ expires_at: at(now - 100 * hourMs) }), "consent_expired", none],
  ["it expires a moment later", withRecord({ expires_at: at(now + 1) }), undefined, all],
  ["it expires at no known time", withRecord({ expires_at: "never" }), "consent_expired", none],
  ["the category has a new purpose since", withRecord({ config_version: 1 }), "consent_missing", { ...none, functional: true }],
  ["only another category has a new purpose", withRecord({ config_version: 2 }), undefined, { ...all, marketing: false }],
  ["the record is for a version that is not out", withRecord({ config_version: 4 }), "consent_missing", none],
  ["a site's record is found by anonymous_id", withRecord({}, "anonymous_id"), undefined, all],
  ["a site's record is found by user_id", withRecord({}, "user_id"), "consent_missing", none],
  ["a server's record is found by user_id", withRecord({ recorded_by: "secret" }, "user_id"), undefined, all],
  ["the sender claims a no", { claim: { analytics: false } }, "consent_denied", { ...all, analytics: false }],
  ["the sender claims a no to something else", { claim: { marketing: false } }, undefined, { ...all, marketing: false }],
  ["the sender claims a yes that nobody recorded", { found: undefined, claim: { analytics: true } }, "consent_missing", none],
  ["the browser says DNT", dnt, "do_not_track", none, "silence"],
  ["the browser says DNT for gated events only", { ...dnt, ...withActive({ do_not_track_scope: "consent_gated" }) }, "do_not_track", none],
  ["the browser says DNT, which the tenant does not respect", { ...dnt, ...withActive({ respect_do_not_track: false }) }, undefined, all],
  ["the browser says DNT and no config is published", { ...dnt, active: undefined }, "do_not_track", none, "silence"],
  ["the browser says GPC", gpc, "global_privacy_control", none, "silence"],
  [
    "the browser says GPC for gated events only",
    { ...gpc, ...withActive({ do_not_track_scope: "consent_gated" }) },
    "global_privacy_control",
    none,
  ],
  [
    "the browser says GPC, and the tenant respects no DNT",
    { ...gpc, ...withActive({ respect_do_not_track: false }) },
    undefined,
    { ...all, marketing: false },
  ],
  ["the browser says both", { signals: { do_not_track: true, global_privacy_control: true } }, "do_not_track", none, "silence"],
  [
    "it was denied and the browser says DNT, which the tenant does not respect",
    { ...dnt, ...withRecord({ decisions: { analytics: false } }), ...withActive({ respect_do_not_track: false }) },
    "consent_denied",
    none,
  ],
];

const fromDifferences = differences.flatMap(([name, change, reason, consent, silence]): ConsentCase[] => {
  const facts = { ...granted, ...change };
  const common = { facts, consent: consent as Record<string, boolean> };
  if (reason === undefined) {
    return [strict, lenient].map((rule) => ({ ...common, name: caseName(name, rule), rule, decision: { send: "identified" } }));
  }
  const unasked = silence === "silence" ? ("nothing" as const) : ("unidentified" as const);
  return [
    { ...common, name: caseName(name, strict), rule: strict, decision: { send: "nothing", reason } },
    { ...common, name: caseName(name, lenient), rule: lenient, decision: { send: unasked, reason } },
  ];
});

function caseName(name: string, { category, isRequired }: ConsentRule): string {
  return `${name}; ${category} ${isRequired ? "required" : "not required"}`;
}

const gpcForMarketing: ConsentCase = {
  name: "the browser says GPC, and the tenant respects no DNT; marketing required",
  rule: { category: "marketing", isRequired: true },
  facts: { ...granted, ...gpc, ...withActive({ respect_do_not_track: false }) },
  decision: { send: "nothing", reason: "global_privacy_control" },
  consent: { ...all, marketing: false },
};

/** What the gate must say, case by case. */
export const consentCases: readonly ConsentCase[] = [
  ...fromDifferences,
  gpcForMarketing,
  {
    ...gpcForMarketing,
    name: "the browser says GPC, and the tenant respects no DNT; marketing not required",
    rule: { category: "marketing", isRequired: false },
    decision: { send: "unidentified", reason: "global_privacy_control" },
  },
];
