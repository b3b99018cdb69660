import { describe, expect, it } from "vitest";
import type { ProviderDefinition } from "../../shared/providers/definition.ts";
import { providerAnswersContract } from "./provider-answers.ts";
import { providerCompletenessContract } from "./provider-completeness.ts";
import { providerDispatchContract } from "./provider-dispatch.ts";
import { providerFacts } from "./provider-facts.ts";
import { providerMappingContract } from "./provider-mapping.ts";
import { providerVerificationContract } from "./provider-verification.ts";

/** What every provider's definition promises, whatever the provider. */
export function providerContract(definition: ProviderDefinition): void {
  describe(`Provider contract: ${definition.name}`, () => {
    const facts = providerFacts[definition.slug];
    it("stands beside what the provider's documentation says", () => {
      expect(facts).toBeDefined();
    });
    providerCompletenessContract(definition);
    if (facts !== undefined) {
      providerMappingContract(definition, facts);
      providerAnswersContract(definition, facts);
      providerDispatchContract(definition);
      providerVerificationContract(definition, facts);
    }
  });
}
