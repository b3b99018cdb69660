import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConsentFacts, decideConsent, grantedConsent } from "../../../shared/consent/gate.ts";
import { active, consentCases, now, record } from "../../support/consent-cases.ts";

describe("the consent gate", () => {
  it.each(consentCases)("decides when $name", ({ rule, facts, decision, consent }) => {
    expect(decideConsent(rule, facts)).toEqual(decision);
    expect(grantedConsent(facts)).toEqual(consent);
  });

  const category = fc.constantFrom("functional" as const, "analytics" as const, "marketing" as const);
  const facts: fc.Arbitrary<ConsentFacts> = fc.record({
    tenantId: fc.constantFrom("club", "other"),
    found: fc.option(
      fc.record({
        record: fc
          .record({
            decisions: fc.dictionary(category, fc.boolean()),
            revoked: fc.subarray(["functional", "analytics", "marketing"]),
            config_id: fc.constantFrom("banner", "older"),
            config_version: fc.nat(5),
            recorded_by: fc.constantFrom("site", "secret"),
            expires_at: fc.integer({ min: -2, max: 2 }).map((hours) => new Date(now + hours * 3_600_000).toISOString()),
          })
          .map((own) => ({ ...record, ...own }) as typeof record),
        foundBy: fc.constantFrom("visitor_id" as const, "anonymous_id" as const, "user_id" as const),
      }),
      { nil: undefined },
    ),
    active: fc.option(
      fc
        .record({ respect_do_not_track: fc.boolean(), do_not_track_scope: fc.constantFrom("all" as const, "consent_gated" as const) })
        .map((own) => ({ ...active, ...own })),
      { nil: undefined },
    ),
    signals: fc.record({ do_not_track: fc.boolean(), global_privacy_control: fc.boolean() }),
    claim: fc.option(fc.dictionary(category, fc.boolean()), { nil: undefined }),
    now: fc.constant(now),
  });

  it("sends as somebody's only what this very visitor granted to this tenant, whatever else is said", () => {
    fc.assert(
      fc.property(facts, category, fc.boolean(), (known, asked, isRequired) => {
        const decision = decideConsent({ category: asked, isRequired }, known);
        const isYes =
          known.found?.record.tenant_id === known.tenantId &&
          known.found.record.decisions[asked] === true &&
          !known.found.record.revoked.includes(asked) &&
          known.found.record.expires_at > new Date(now).toISOString() &&
          known.active?.config_id === known.found.record.config_id;
        expect(decision.send !== "identified" || isYes).toBe(true);
        expect(decision.send === "unidentified" && isRequired).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("never sends more for a claim, a signal, a rule that is stricter, or time that passes", () => {
    const rank = { nothing: 0, unidentified: 1, identified: 2 };
    fc.assert(
      fc.property(facts, category, fc.boolean(), fc.dictionary(category, fc.boolean()), (known, asked, isRequired, claim) => {
        const sent = (change: Partial<ConsentFacts>, required = isRequired) =>
          rank[decideConsent({ category: asked, isRequired: required }, { ...known, ...change }).send];
        const before = sent({});
        expect(sent({ claim: { ...known.claim, ...claim } })).toBeLessThanOrEqual(sent({ claim: undefined }));
        expect(sent({ signals: { ...known.signals, do_not_track: true } })).toBeLessThanOrEqual(before);
        expect(sent({ signals: { ...known.signals, global_privacy_control: true } })).toBeLessThanOrEqual(before);
        expect(sent({}, true)).toBeLessThanOrEqual(before);
        expect(sent({ now: now + 7_200_000 })).toBeLessThanOrEqual(before);
      }),
      { numRuns: 2000 },
    );
  });
});
