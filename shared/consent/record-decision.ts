import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Ports } from "../ports/ports.ts";
import { type FieldError, invalid, jsonObject, pointerTo } from "../problems/validate.ts";
import type { KeyKind } from "../tenants/api-key.ts";
import type { AppendRecord, Decided } from "./append-record.ts";
import { categoryNames } from "./categories.ts";
import type { PublishedConsentConfig } from "./consent-config.ts";
import { type ConsentRecord, type ConsentSignals, consentMethods, visitorIdSchema } from "./consent-record.ts";
import { findPublishedConfig } from "./find-published-config.ts";
import type { ReceiptedRecord } from "./receipt.ts";
import { shownTexts } from "./shown-texts.ts";

/** What a visitor decided, as a page or a server posts it. */
export const newDecision = z.strictObject({
  visitor_id: visitorIdSchema.optional().describe("Default: a new one that nobody can guess."),
  decisions: jsonObject.describe("Category to `true` (granted) or `false`; a category that is not named is not granted."),
  config_id: z.string().min(1).max(64).optional().describe("Default: the published config."),
  config_version: z.int().min(1).optional().describe("The version that was shown; default: the newest."),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,8}(-[0-9A-Za-z]{1,8}){0,4}$/, "a language tag such as sv-SE")
    .max(35)
    .optional()
    .describe("In which the banner was shown; default: the config's own."),
  method: z.enum(consentMethods).optional(),
});
export type NewDecision = z.infer<typeof newDecision>;

/** What the request tells beside its body. */
export interface DecisionFacts {
  readonly signals: ConsentSignals;
  readonly recordedBy: KeyKind;
}

const dayMs = 86_400_000;

/** Records what a visitor decided about a published config of the tenant; `body-invalid` names what does not fit that config. */
export const recordDecision =
  (ports: Pick<Ports, "store">, append: AppendRecord) =>
  async (tenantId: string, decision: NewDecision, { signals, recordedBy }: DecisionFacts): Promise<ReceiptedRecord> => {
    const config = await findPublishedConfig(ports.store, tenantId, decision);
    const decisions = decideAll(decision.decisions, config);
    const visitorId = decision.visitor_id ?? newVisitorId();
    const shown = shownTexts(config, decision.language);
    return append(
      tenantId,
      visitorId,
      (previous, now): Decided => ({
        decisions,
        revoked: stillRevoked(previous, decisions),
        config_id: config.config_id,
        config_version: config.version,
        language: shown.language,
        text_hash: shown.hash,
        method: decision.method ?? (recordedBy === "site" ? "banner" : "api"),
        recorded_by: recordedBy,
        signals,
        decided_at: new Date(now).toISOString(),
        expires_at: new Date(now + config.consent_expiry_days * dayMs).toISOString(),
      }),
    );
  };

/** 192 random bits, not in a form that looks like anything personal or secret. */
const newVisitorId = (): string => `v_${randomBytes(24).toString("base64url")}`;

/** Every category of the config with its decision; only what was said with `true` is granted. */
function decideAll(said: Readonly<Record<string, unknown>>, { categories }: PublishedConsentConfig): Record<string, boolean> {
  const enabled: readonly string[] = categoryNames.filter((category) => categories[category].enabled);
  const errors = Object.entries(said).flatMap(([category, value]): FieldError[] => {
    const pointer = `/decisions${pointerTo(category)}`;
    if (!Object.hasOwn(categories, category)) {
      return [{ pointer, detail: "the config has no such category" }];
    }
    if (!enabled.includes(category)) {
      return [{ pointer, detail: "the config has this category disabled" }];
    }
    return typeof value === "boolean" ? [] : [{ pointer, detail: "true or false" }];
  });
  if (errors.length > 0) {
    throw invalid("body-invalid", errors);
  }
  return Object.fromEntries(enabled.map((category) => [category, category === "necessary" || said[category] === true]));
}

const stillRevoked = (previous: ConsentRecord | undefined, decisions: Readonly<Record<string, boolean>>): readonly string[] =>
  (previous?.revoked ?? []).filter((category) => decisions[category] !== true);
