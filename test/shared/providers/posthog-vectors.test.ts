import { describe, expect, it } from "vitest";
import type { ProviderRequest } from "../../../shared/providers/definition.ts";
import posthog from "../../../shared/providers/posthog/index.ts";
import { mapEvents } from "../../../shared/providers/posthog/map-events.ts";
import { settings } from "../../../shared/providers/posthog/settings.ts";
import { eventsOf, type Vector, type VectorRequest, vectorsOf, verdictOf } from "../../support/vectors.ts";

/**
 * The vectors are of the mode that sends identifiers, which the definition keeps shut while no consent is known: they run on the
 * mapping itself. Their ids stand in `context`, which the vectors of other providers do not have.
 */
const map = (vector: Vector, cookieless: boolean) => {
  const { host, api_key, send_ip } = vector.config as { host: string; api_key: string; send_ip: boolean };
  const events = eventsOf(vector).map((event, index) => ({ ...event, id: eventIds(vector)[index]! }));
  const own = settings.parse({ instance_url: host, send_ip, cookieless });
  return mapEvents(events, { settings: own, secrets: { project_token_ref: api_key } });
};

const eventIds = (vector: Vector): string[] =>
  [(vector as Vector & { context: { event_uuid: string | string[] } }).context.event_uuid].flat();

/** Instead of the vector's expectation, with the reason. */
const changed: Readonly<Record<string, string>> = {
  retry_repeats_uuid_and_timestamp: "its two requests are two attempts, so the events are mapped twice",
};

describe("PostHog vectors", () => {
  for (const vector of vectorsOf("posthog")) {
    const change = changed[vector.name];
    it(change === undefined ? vector.name : `${vector.name} (changed: ${change})`, () => {
      const expected = [vector.provider_request].flat();
      const attempts = expected.map(() => map(vector, false));

      expect(attempts.flatMap(({ settled }) => settled)).toEqual([]);
      const requests = attempts.flatMap((attempt) => attempt.requests);
      expect(requests).toHaveLength(expected.length);
      requests.forEach((request, at) => {
        expectRequest(request, expected[at]!, vector);
      });
      expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
      const [request] = requests;
      const verdicts = posthog.readAnswer(answerOf(vector), request!).map(({ verdict }) => verdict);
      expect(verdicts).toEqual(eventIds(vector).map(() => verdictOf[vector.expect.outcome]));
    });

    it(`${vector.name}, cookieless: names nobody`, () => {
      const { requests } = map(vector, true);
      const bodies = requests.map(({ body }) => body).join();
      expect(bodies).not.toMatch(/user-42|anon-|203\.0\.113\.7|"\$ip"/);
      expect(requests.flatMap(({ events }) => events)).toHaveLength(vector.name.startsWith("identify") ? 0 : eventIds(vector).length);
    });
  }

  it("are all twelve, and each change is of one of them", () => {
    const names = vectorsOf("posthog").map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(names).toEqual(expect.arrayContaining(Object.keys(changed)));
  });
});

function expectRequest(request: ProviderRequest, expected: VectorRequest, { config, forbidden = [] }: Vector): void {
  expect(request.method).toBe(expected.method);
  expect(request.url).toBe(`${config["host"]}${expected.path}`);
  for (const [name, value] of Object.entries(expected.headers)) {
    expect(new Headers(request.headers).get(name)).toBe(value);
  }
  expect(JSON.parse(request.body)).toEqual(expected.body);
  const whole = JSON.stringify(request).toLowerCase();
  for (const text of forbidden) {
    expect(whole).not.toContain(text.toLowerCase());
  }
}

function answerOf({ expect: { response } }: Vector) {
  const body = typeof response.body === "string" ? response.body : JSON.stringify(response.body ?? "");
  return { status: response.status, headers: response.headers ?? {}, body };
}
