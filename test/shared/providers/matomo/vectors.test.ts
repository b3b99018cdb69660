import { describe, expect, it } from "vitest";
import type { ProviderRequest } from "../../../../shared/providers/definition.ts";
import matomo from "../../../../shared/providers/matomo/index.ts";
import { mapEvents } from "../../../../shared/providers/matomo/map-events.ts";
import { settings } from "../../../../shared/providers/matomo/settings.ts";
import { eventsOf, type Vector, vectorsOf, verdictOf } from "../../../support/vectors.ts";

/** The token stands among the settings there, and the body is compared with its queries taken apart. */
const map = (vector: Vector) => {
  const { token_auth, ...own } = vector.config;
  return mapEvents(eventsOf(vector), { settings: settings.parse(own), secrets: { token_auth_ref: String(token_auth) } });
};

describe("Matomo vectors", () => {
  for (const vector of vectorsOf("matomo")) {
    it(vector.name, () => {
      const { requests, settled } = map(vector);

      expect(settled).toEqual([]);
      expect(requests).toHaveLength(1);
      const [request] = requests;
      expectRequest(request!, vector);
      const { outcome, items, response } = vector.expect;
      const body = typeof response.body === "string" ? response.body : JSON.stringify(response.body ?? "");
      const verdicts = matomo.readAnswer({ status: response.status, headers: response.headers ?? {}, body }, request!);
      const expected = request!.events.map((_, index) => verdictOf[items?.find((item) => item.index === index)?.outcome ?? outcome]);
      expect(verdicts.map(({ verdict }) => verdict)).toEqual(expected);
    });
  }

  it("are all nineteen", () => {
    expect(vectorsOf("matomo")).toHaveLength(19);
  });
});

function expectRequest(request: ProviderRequest, { provider_request, forbidden = [] }: Vector): void {
  expect(request.method).toBe(provider_request.method);
  expect(request.url).toBe(`https://analytics.example${provider_request.path}`);
  for (const [name, value] of Object.entries(provider_request.headers)) {
    expect(request.headers[name.toLowerCase()]).toBe(value);
  }
  expect(takenApart(JSON.parse(request.body))).toEqual(takenApart(provider_request.body));
  const whole = JSON.stringify(request).toLowerCase();
  for (const text of forbidden) {
    expect(whole).not.toContain(text.toLowerCase());
  }
}

function takenApart(body: unknown): object {
  const { requests, ...others } = body as { requests: string[] };
  const queries = requests.map((query) => {
    expect(query.startsWith("?")).toBe(true);
    const said = [...new URLSearchParams(query)];
    expect(new Set(said.map(([name]) => name)).size).toBe(said.length);
    return Object.fromEntries(said);
  });
  return { ...others, requests: queries };
}
