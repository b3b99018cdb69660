import { describe, expect, it } from "vitest";
import otlp from "../../../shared/providers/otlp/index.ts";
import { eventsOf, type Vector, vectorsOf, verdictOf } from "../../support/vectors.ts";

type OtlpVector = Vector & { readonly context: { readonly event_uuid: string | readonly string[]; readonly now: string } };

/** Their ids and the moment of sending stand in `context`: the events arrived then, and their arrival is what was observed. */
function mapped({ config, context, ...vector }: OtlpVector) {
  const ids = [context.event_uuid].flat();
  const events = eventsOf({ config, ...vector }).map((event, at) => ({ ...event, id: ids[at]!, received_at: context.now }));
  const { endpoint, instance_id, token, environment, late_policy } = config;
  const settings = otlp.settings.parse({
    endpoint,
    resource_attributes: { "deployment.environment": environment },
    restamp_late: late_policy !== "original_time",
  });
  const authorization_ref = `Basic ${Buffer.from(`${instance_id}:${token}`).toString("base64")}`;
  return otlp.toRequests(events, { settings, secrets: { authorization_ref } });
}

/** Verdicts instead of the vector's one outcome for all events, with the reason. */
const changed: Readonly<Record<string, { readonly verdicts: readonly string[]; readonly reason: string }>> = {
  partial_success_is_never_retried: {
    verdicts: ["dropped_by_provider", "accepted_unverifiable"],
    reason: "its note counts one of two as dropped, and outcomes are per event",
  },
};

const vectors = vectorsOf("otlp") as readonly OtlpVector[];

describe("OTLP vectors", () => {
  for (const vector of vectors) {
    const change = changed[vector.name];
    it(change === undefined ? vector.name : `${vector.name} (changed: ${change.reason})`, () => {
      const { requests, settled } = mapped(vector);
      expect(settled).toEqual([]);
      expect(requests).toHaveLength(1);
      const [request] = requests;

      const { method, path, headers, body } = vector.provider_request;
      expect([request!.method, new URL(request!.url).pathname]).toEqual([method, path]);
      expect(request!.url.startsWith(`${vector.config["endpoint"]}/`)).toBe(true);
      for (const [name, value] of Object.entries(headers)) {
        expect(new Headers(request!.headers).get(name)).toBe(value);
      }
      expect(sortedByKey(JSON.parse(request!.body))).toEqual(sortedByKey(body));
      for (const text of vector.forbidden ?? []) {
        expect(JSON.stringify(request).toLowerCase()).not.toContain(text.toLowerCase());
      }

      const { response, outcome } = vector.expect;
      const answerBody = response.body === undefined ? "" : JSON.stringify(response.body);
      const answer = { status: response.status, headers: response.headers ?? {}, body: answerBody };
      const verdicts = otlp.readAnswer(answer, request!).map(({ verdict }) => verdict);
      expect(verdicts).toEqual(change?.verdicts ?? request!.events.map(() => verdictOf[outcome]));
    });
  }

  it("are all twelve, and each change is of one of them", () => {
    const names = vectors.map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(names).toEqual(expect.arrayContaining(Object.keys(changed)));
  });
});

/** The order of attributes says nothing. */
function sortedByKey(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (name, inner) =>
    name === "attributes" ? (inner as { key: string }[]).toSorted((a, b) => (a.key < b.key ? -1 : 1)) : inner,
  );
}
