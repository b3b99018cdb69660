import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type * as Gate from "../../../shared/consent/gate.ts";
import { consentCases } from "../../support/consent-cases.ts";

const source = readFileSync(join(import.meta.dirname, "../../../shared/consent/gate.ts"), "utf8");

/** Every single condition of the gate, turned or left out: what stands there, and what a mistake would have put in its place. */
const mutations: readonly (readonly [string, string])[] = [
  ["if (reason === undefined) {", "if (reason !== undefined) {"],
  ["rule.isRequired || asksForSilence(facts)", "rule.isRequired"],
  ["rule.isRequired || asksForSilence(facts)", "asksForSilence(facts)"],
  ["rule.isRequired || asksForSilence(facts)", "rule.isRequired && asksForSilence(facts)"],
  ['? "nothing" : "unidentified"', '? "unidentified" : "nothing"'],
  ["const isGranted = (category: ConsentCategory) => refusalOf(category, facts) === undefined", "const isGranted = () => true"],
  ["refusalBySignal(category, facts) ?? ", ""],
  ["refusalByRecord(category, facts) ?? ", ""],
  [" ?? refusalByClaim(category, facts)", ""],
  ["if (signals.do_not_track && isRespected) {", "if (signals.do_not_track) {"],
  ["if (signals.do_not_track && isRespected) {", "if (isRespected) {"],
  ["if (signals.do_not_track && isRespected) {", "if (signals.do_not_track || isRespected) {"],
  ['return "do_not_track";', "return undefined;"],
  ["signals.global_privacy_control && (isRespected", "(isRespected"],
  ['(isRespected || category === "marketing")', "isRespected"],
  ['(isRespected || category === "marketing")', 'category === "marketing"'],
  ['(isRespected || category === "marketing")', "true"],
  ['? "global_privacy_control" : undefined', "? undefined : undefined"],
  ["if (found === undefined || active === undefined) {", "if (active === undefined) {"],
  ["if (found === undefined || active === undefined) {", "if (found === undefined) {"],
  ["offered?.enabled !== true || ", ""],
  ["offered?.enabled !== true", "offered === undefined"],
  ['foundBy !== "user_id" || record.recorded_by === "secret"', "true"],
  ['foundBy !== "user_id" || record.recorded_by === "secret"', 'foundBy !== "user_id"'],
  ['foundBy !== "user_id" || record.recorded_by === "secret"', 'record.recorded_by === "secret"'],
  ["record.tenant_id !== tenantId || ", ""],
  ["record.config_id !== active.config_id || ", ""],
  [" || !isTrusted", ""],
  ["if (record.revoked.includes(category)) {", "if (false) {"],
  ["if (record.decisions[category] !== true) {", "if (record.decisions[category] === false) {"],
  ["if (record.decisions[category] !== true) {", "if (record.decisions[category] === undefined) {"],
  ["if (record.decisions[category] !== true) {", "if (false) {"],
  ['record.decisions[category] === false ? "consent_denied" : "consent_missing"', '"consent_denied"'],
  ['record.decisions[category] === false ? "consent_denied" : "consent_missing"', '"consent_missing"'],
  ["!(Date.parse(record.expires_at) > now)", "false"],
  ["!(Date.parse(record.expires_at) > now)", "!(Date.parse(record.expires_at) >= now)"],
  ["!(Date.parse(record.expires_at) > now)", "Date.parse(record.expires_at) <= now"],
  ["record.config_version >= offered.since_version && ", ""],
  ["record.config_version >= offered.since_version", "record.config_version > offered.since_version"],
  ["record.config_version >= offered.since_version", "record.config_version >= active.version"],
  [" && record.config_version <= active.version", ""],
  ["record.config_version <= active.version", "record.config_version < active.version"],
  ["claim?.[category] === false", "false"],
  ["claim?.[category] === false", "claim?.[category] !== true"],
  ["active?.respect_do_not_track ?? true", "active?.respect_do_not_track ?? false"],
  ["active?.respect_do_not_track ?? true", "true"],
  ['(active?.do_not_track_scope ?? "all") === "all"', "true"],
  ['(active?.do_not_track_scope ?? "all") === "all"', 'active?.do_not_track_scope === "all"'],
  ["(signals.do_not_track || signals.global_privacy_control) && respectsSignals", "signals.do_not_track && respectsSignals"],
  ["(signals.do_not_track || signals.global_privacy_control) && respectsSignals", "signals.global_privacy_control && respectsSignals"],
  ["(signals.do_not_track || signals.global_privacy_control) && respectsSignals", "respectsSignals"],
  [" && respectsSignals(active) && isScopeAll", " && isScopeAll"],
  [" && respectsSignals(active) && isScopeAll", " && respectsSignals(active)"],
];

const load = (typescript: string): Promise<typeof Gate> =>
  import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(typescript))}`);

/** How many of the gate's cases a gate decides otherwise than it must. */
function wrongCases({ decideConsent, grantedConsent }: typeof Gate): number {
  const isRight = ({ rule, facts, decision, consent }: (typeof consentCases)[number]) => {
    try {
      return JSON.stringify([decideConsent(rule, facts), grantedConsent(facts)]) === JSON.stringify([decision, consent]);
    } catch {
      return false;
    }
  };
  return consentCases.filter((one) => !isRight(one)).length;
}

describe("the cases of the consent gate", () => {
  it("are all decided right by the gate as it is", async () => {
    expect(wrongCases(await load(source))).toBe(0);
  });

  it.each(mutations)("notice a gate with %j instead of %j changed", async (original, mutated) => {
    expect(source.split(original).length - 1).toBe(1);
    expect(wrongCases(await load(source.replace(original, () => mutated)))).toBeGreaterThan(0);
  });
});
