import { type FieldError, invalid } from "../problems/validate.ts";
import type { AppendRecord } from "./append-record.ts";
import type { ConsentRecord } from "./consent-record.ts";
import { noRecords } from "./read-records.ts";
import type { ReceiptedRecord } from "./receipt.ts";
import type { DecisionFacts } from "./record-decision.ts";

/** Takes consent back: for the categories that are named, or for all but the necessary one. `not-found` when nothing was recorded. */
export const revokeConsent =
  (append: AppendRecord) =>
  (
    tenantId: string,
    visitorId: string,
    categories: readonly string[] | undefined,
    { signals, recordedBy }: DecisionFacts,
  ): Promise<ReceiptedRecord> =>
    append(tenantId, visitorId, (previous, now) => {
      if (previous === undefined) {
        throw noRecords();
      }
      const revoked = categories ?? Object.keys(previous.decisions).filter((category) => category !== "necessary");
      requireRevocable(revoked, previous);
      const { config_id, config_version, language, text_hash, expires_at } = previous;
      return {
        decisions: { ...previous.decisions, ...Object.fromEntries(revoked.map((category) => [category, false])) },
        revoked: [...new Set([...previous.revoked, ...revoked])].sort(),
        config_id,
        config_version,
        language,
        text_hash,
        method: "revocation",
        // A server that takes something back does not vouch for the rest that a page has recorded.
        recorded_by: previous.recorded_by === "site" ? "site" : recordedBy,
        signals,
        decided_at: new Date(now).toISOString(),
        // What is still granted was granted for so long.
        expires_at,
      };
    });

function requireRevocable(categories: readonly string[], { decisions }: ConsentRecord): void {
  const errors = categories.flatMap((category, at): FieldError[] => {
    const pointer = `/categories/${at}`;
    if (category === "necessary") {
      return [{ pointer, detail: "what is necessary needs no consent and can't be revoked" }];
    }
    return Object.hasOwn(decisions, category) ? [] : [{ pointer, detail: "not a category that this visitor was asked for" }];
  });
  if (errors.length > 0) {
    throw invalid("body-invalid", errors);
  }
}
