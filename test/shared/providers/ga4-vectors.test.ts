import { describe, expect, it } from "vitest";
import type { ProviderRequest } from "../../../shared/providers/definition.ts";
import ga4 from "../../../shared/providers/ga4/index.ts";
import recording from "../../../shared/providers/ga4/recording.ts";
import { eventsOf, type Vector, type VectorRequest, vectorsOf, verdictOf } from "../../support/vectors.ts";

interface Change {
  readonly because: string;
  /** What the event carries beside what the vector says. */
  readonly event?: object;
  /** The name that is sent, instead of the vector's. */
  readonly name?: string;
}

/** What is done otherwise than the vector says, with the reason. */
const changed: Readonly<Record<string, Change>> = {
  consent_granted: {
    because: "Consent Mode follows from the event's consent, not from the config",
    event: { consent: { analytics: true, marketing: true } },
  },
  user_id_top_level: { because: "a user's id needs the visitor's consent", event: { consent: { analytics: true } } },
  debug_endpoint_reports_bad_name: { because: "the name is made valid before it is sent", name: "badEventName" },
};

/** The vectors' outcome classes, with the one that only debugging has: nothing was stored, and the same would fail again. */
const verdicts: Readonly<Record<string, string>> = { ...verdictOf, rejected_by_linter: "rejected" };

const map = (vector: Vector) => {
  const { host, measurement_id, api_secret, send_ip, send_user_agent, debug } = vector.config;
  const settings = ga4.settings.parse({
    region: host === "region1.google-analytics.com" ? "eu" : "global",
    anonymize_ip: send_ip === false,
    send_user_agent,
    debug_mode: debug ?? false,
  });
  // Their times of arrival are not said; it is after they happened.
  const events = eventsOf(vector).map((event) => ({
    ...event,
    ...changed[vector.name]?.event,
    received_at: "2026-03-01T10:00:30.000Z",
  }));
  return ga4.toRequests(events, {
    settings,
    credentials: { measurement_id: String(measurement_id) },
    secrets: { api_secret_ref: String(api_secret) },
  });
};

describe("Google Analytics 4 vectors", () => {
  for (const vector of vectorsOf("ga4")) {
    const change = changed[vector.name];
    it(change === undefined ? vector.name : `${vector.name} (changed: ${change.because})`, () => {
      const expected = [vector.provider_request].flat();
      const { requests, settled } = map(vector);

      expect(settled).toEqual([]);
      expect(requests).toHaveLength(expected.length);
      for (const [at, request] of requests.entries()) {
        expectRequest(request, expected[at]!, vector);
        const outcomes = ga4.readAnswer(answerOf(vector), request).map(({ verdict }) => verdict);
        expect(outcomes).toEqual(request.events.map(() => verdicts[vector.expect.outcome]));
      }
      expect(requests.flatMap(({ events }) => events)).toEqual(eventsOf(vector).map((_, index) => index));
    });
  }

  it("are all twelve, and each change is of one of them", () => {
    const names = vectorsOf("ga4").map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(names).toEqual(expect.arrayContaining(Object.keys(changed)));
  });

  it("reads the linter's codes and fields, and repeats none of its descriptions", () => {
    const vector = vectorsOf("ga4").find(({ name }) => name === "debug_endpoint_reports_bad_name")!;
    expect(ga4.readAnswer(answerOf(vector), map(vector).requests[0]!)).toEqual([
      { verdict: "rejected", reason: "debug_mode: NAME_INVALID at events" },
    ]);
  });

  it("are answered by the recording provider's linter as by Google's", () => {
    const vector = vectorsOf("ga4").find(({ name }) => name === "debug_endpoint_reports_bad_name")!;
    const body = JSON.stringify(vector.provider_request.body);
    const answer = recording.answer({ method: "POST", path: "/debug/mp/collect", headers: {}, body });
    expect(answer).toMatchObject({ status: 200, body: { validationMessages: [{ fieldPath: "events", validationCode: "NAME_INVALID" }] } });
  });
});

function expectRequest(request: ProviderRequest, expected: VectorRequest, vector: Vector): void {
  expect(request.method).toBe(expected.method);
  expect(request.url).toBe(`https://${vector.config["host"]}${expected.path}`);
  for (const [name, value] of Object.entries(expected.headers)) {
    expect(new Headers(request.headers).get(name)).toBe(value);
  }
  const body = structuredClone(expected.body) as { events: { name: string }[] };
  const name = changed[vector.name]?.name;
  if (name !== undefined) {
    body.events[0]!.name = name;
  }
  expect(JSON.parse(request.body)).toEqual(body);
  const whole = JSON.stringify(request).toLowerCase();
  for (const text of vector.forbidden ?? []) {
    expect(whole).not.toContain(text.toLowerCase());
  }
}

function answerOf({ expect: { response } }: Vector) {
  return { status: response.status, headers: response.headers ?? {}, body: JSON.stringify(response.body ?? "") };
}
