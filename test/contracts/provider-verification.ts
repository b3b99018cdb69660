import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import type { AskProvider, ProviderConfig, ProviderDefinition, ProviderQuestion, Verification } from "../../shared/providers/definition.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { exampleConfig, providerAnswer } from "../support/example-config.ts";
import type { ProviderFacts } from "./provider-facts.ts";

const baseUrl = "https://server.example/base";
const at = Date.UTC(2026, 2, 1);
const answers = fc.record({
  status: fc.constantFrom(200, 201, 204, 302, 400, 401, 403, 404, 405, 429, 500, 503),
  headers: fc.constant({}),
  body: fc.oneof(fc.json(), fc.string(), fc.constantFrom("", "null", "{}", "[]", '{"token":"x"}', '{"id":null}', '{"results":[]}')),
});

/** Asking a provider about credentials: it proves what it can, and harms nothing. */
export function providerVerificationContract(definition: ProviderDefinition, facts: ProviderFacts): void {
  const verify = definition.verify ?? (async (): Promise<Verification> => ({ result: "unverifiable", detail: "nothing to ask" }));
  let endpoints: RecordingEndpoints;
  let config: ProviderConfig;
  beforeAll(async () => {
    endpoints = await recordingEndpoints(definition.slug);
    const example = await exampleConfig(definition, baseUrl);
    const references = Object.entries(example.credentials ?? {}).filter(([name]) => name.endsWith("_ref"));
    config = { ...example, secrets: Object.fromEntries(references.map(([name, value]) => [name, endpoints.exampleSecrets![value]!])) };
  });
  const whole = ({ result, detail }: Verification, asked: readonly ProviderQuestion[]): Verification["result"] => {
    const secrets = Object.values(config.secrets).flatMap((value) => [value, encodeURIComponent(value)]);
    expect(detail.trim()).not.toBe("");
    expect(secrets.filter((secret) => detail.includes(secret))).toEqual([]);
    const addresses = asked.map(({ url }) => (facts.hasSecretInQuery ? url.split("?")[0]! : url)).join("\n");
    expect(secrets.filter((secret) => addresses.includes(secret))).toEqual([]);
    return result;
  };

  it("finds its own example in order, and leaves no event behind", async () => {
    const asked: ProviderQuestion[] = [];
    const left: unknown[] = [];
    const ask: AskProvider = async (question) => {
      asked.push(question);
      const { pathname } = new URL(question.url);
      const answer = endpoints.answer({ body: "", ...question, path: pathname.replace(/^\/base/, "") }) ?? { status: 404 };
      left.push(...(answer.recorded ?? []));
      return providerAnswer(answer);
    };
    expect(["verified", "unverifiable"]).toContain(whole(await verify(config, ask, at), asked));
    expect(left).toEqual([]);
  });

  it("proves nothing where there is no answer", async () => {
    const asked: ProviderQuestion[] = [];
    const verification = await verify(config, async (question) => ({ unreachable: `no way ${void asked.push(question)}` }), at);
    expect(whole(verification, asked)).toBe(asked.length === 0 ? "unverifiable" : "failed");
  });

  it("never throws for what a server answers, and tells no secret", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(answers, { minLength: 6, maxLength: 6 }), async (said) => {
        const asked: ProviderQuestion[] = [];
        const ask: AskProvider = async (question) => said[asked.push(question) % said.length]!;
        expect(["verified", "unverifiable", "failed"]).toContain(whole(await verify(config, ask, at), asked));
        expect(asked.length).toBeLessThan(20);
      }),
      { numRuns: 50 },
    );
  });
}
