import { providers } from "../../shared/providers/registry.ts";

/** The providers whose configs send events of visitors who were not asked, unless the config says otherwise. */
export const consentFree = providers.filter(({ consent }) => !consent.requiredByDefault);

/** What becomes, at a config of this provider, of an event that it would take, by a visitor who was not asked. */
export const unaskedOutcome = (provider: string) =>
  consentFree.some(({ slug }) => slug === provider) ? { outcome: "delivered" } : { outcome: "suppressed", reason: "consent_missing" };
