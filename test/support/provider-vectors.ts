import { describe, expect, it } from "vitest";
import type { ProviderDefinition, ProviderRequest, Verdict } from "../../shared/providers/definition.ts";
import { eventsOf, type Vector, vectorsOf, verdictOf } from "./vectors.ts";

export interface VectorRules {
  /** The vector's `config` as the provider's settings; not parsed, since a vector may hold what a schema refuses. */
  readonly settings: (config: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** What the provider's servers were found to be able to do. */
  readonly capabilities?: Readonly<Record<string, boolean>>;
  /** Vectors that we settle before sending, with the reason. */
  readonly refusedBeforeSending?: Readonly<Record<string, string>>;
}

/** Every vector of a provider as a test: its events give exactly its request, and its answer is read as it says. */
export function providerVectors(
  definition: ProviderDefinition,
  { settings, capabilities = {}, refusedBeforeSending = {} }: VectorRules,
): void {
  describe(`${definition.name} vectors`, () => {
    for (const vector of vectorsOf(definition.slug)) {
      const refused = refusedBeforeSending[vector.name];
      it(refused === undefined ? vector.name : `${vector.name} (settled before sending: ${refused})`, () => {
        const mapping = definition.toRequests(eventsOf(vector), { settings: settings(vector.config), capabilities, secrets: {} });

        if (refused !== undefined) {
          expect(mapping.requests).toEqual([]);
          expect(mapping.settled.map(({ verdict }) => verdict.verdict)).toEqual([verdictOf[vector.expect.outcome]]);
          return;
        }
        expect(mapping.settled).toEqual([]);
        expect(mapping.requests).toHaveLength(1);
        const [request] = mapping.requests;
        expectRequest(request!, vector);
        expect(definition.readAnswer(answerOf(vector), request!).map(({ verdict }) => verdict)).toEqual(verdictsOf(vector, request!));
      });
    }
  });
}

function expectRequest(request: ProviderRequest, { provider_request, config, forbidden = [] }: Vector): void {
  expect(request.method).toBe(provider_request.method);
  expect(request.url).toBe(`${config["base_url"]}${provider_request.path}`);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  for (const [name, value] of Object.entries(provider_request.headers)) {
    expect(headers[name.toLowerCase()]).toBe(value);
  }
  expect(JSON.parse(request.body)).toEqual(provider_request.body);
  const whole = JSON.stringify(request).toLowerCase();
  for (const text of forbidden) {
    expect(whole).not.toContain(text.toLowerCase());
  }
}

function answerOf({ expect: { response } }: Vector) {
  const body = typeof response.body === "string" ? response.body : JSON.stringify(response.body ?? "");
  return { status: response.status, headers: response.headers ?? {}, body };
}

function verdictsOf({ expect: { outcome, items } }: Vector, request: ProviderRequest): (Verdict["verdict"] | undefined)[] {
  return request.events.map((_, index) => verdictOf[items?.find((item) => item.index === index)?.outcome ?? outcome] as Verdict["verdict"]);
}
