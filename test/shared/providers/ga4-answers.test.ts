import { describe, expect, it } from "vitest";
import type { ProviderAnswer } from "../../../shared/providers/definition.ts";
import ga4 from "../../../shared/providers/ga4/index.ts";
import recording from "../../../shared/providers/ga4/recording.ts";
import { credentials, settings } from "../../../shared/providers/ga4/settings.ts";
import { map } from "../../support/ga4-mapping.ts";

const read = (answer: Partial<ProviderAnswer>, own: object = {}, count = 1) =>
  ga4.readAnswer({ status: 200, headers: {}, body: "", ...answer }, map(Array(count).fill({ anonymous_id: "a" }), own).requests[0]!);

describe("answers of Google Analytics 4", () => {
  it.each([
    [200, "accepted_unverifiable"],
    [204, "accepted_unverifiable"],
    [302, "rejected"],
    [400, "rejected"],
    [403, "rejected"],
    [404, "rejected"],
    [408, "retry"],
    [413, "split"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("reads status %s as %s, and never as delivered", (status, verdict) => {
    expect(read({ status }, {}, 2).map((one) => one.verdict)).toEqual([verdict, verdict]);
    expect(read({ status })[0]?.verdict).toBe(verdict === "split" ? "rejected" : verdict);
  });

  it("reads validation messages while debugging, and counts nothing as sent", () => {
    const said = (answer: object | string, status = 200) =>
      read({ status, body: typeof answer === "string" ? answer : JSON.stringify(answer) }, { debug_mode: true })[0];
    expect(said({ validationMessages: [] })).toMatchObject({ verdict: "suppressed", reason: "sandbox" });
    const messages = [
      { fieldPath: "events.params.plan", validationCode: "VALUE_INVALID", description: "anna@example.org is too long" },
      { fieldPath: "anna@example.org", validationCode: "odd code" },
    ];
    expect(said({ validationMessages: messages })).toEqual({
      verdict: "rejected",
      reason: "debug_mode: VALUE_INVALID at events.params.plan, unknown code",
    });
    expect(said({ validationMessages: Array(7).fill({}) })).toMatchObject({ reason: expect.stringContaining("and 2 more") });
    expect([said("<html>"), said(""), said({ validationMessages: "none" })].map((one) => one?.verdict)).toEqual(Array(3).fill("rejected"));
    expect(said("", 503)?.verdict).toBe("retry");
  });
});

describe("the recording Google Analytics 4", () => {
  const post = (path: string, sent: unknown) =>
    recording.answer({ method: "POST", path, headers: {}, body: typeof sent === "string" ? sent : JSON.stringify(sent) });
  const valid = { client_id: "1.2", events: [{ name: "signup", params: { page_location: "https://a.example/", plan: "pro" } }] };

  it("takes a config of its own example", () => {
    const { credentials: named, ...own } = recording.exampleSettings("http://127.0.0.1:9/ga4") as { credentials: Record<string, string> };
    expect(settings.safeParse(own).success).toBe(true);
    expect(credentials.parse(named)).toEqual(named);
    expect(Object.keys(recording.exampleSecrets ?? {})).toContain(named["api_secret_ref"]);
  });

  it("says 204 to anything, and keeps only what is valid", () => {
    expect(post("/mp/collect", valid)).toEqual({
      status: 204,
      recorded: [{ name: "signup", url: "https://a.example/", visitor: { ip: undefined, user_agent: undefined, id: "1.2" } }],
    });
    const event = valid.events[0]!;
    const lost: unknown[] = [
      "{",
      { ...valid, client_id: "" },
      { ...valid, events: [] },
      { ...valid, events: Array(26).fill(event) },
      { ...valid, filler: "x".repeat(130_000) },
      ...["error", "_x", "a b", "x".repeat(41), "ga_x"].map((name) => ({ ...valid, events: [{ ...event, name }] })),
      ...[{ a: null }, { a: true }, { a: [] }, { a: "x".repeat(101) }, { _a: 1 }, { items: {} }].map((wrong) => ({
        ...valid,
        events: [{ ...event, params: wrong }],
      })),
    ];
    expect(lost.map((one) => post("/mp/collect", one))).toEqual(lost.map(() => ({ status: 204, recorded: [] })));
  });

  it("complains while debugging, and keeps nothing", () => {
    expect(post("/debug/mp/collect", valid)).toEqual({ status: 200, body: { validationMessages: [] } });
    const wrong = { client_id: "1.2", events: [{ name: "error", params: { plan: "x".repeat(101), items: Array(201).fill({}) } }] };
    expect(post("/debug/mp/collect", wrong)?.body).toMatchObject({
      validationMessages: [
        { fieldPath: "events", validationCode: "NAME_RESERVED" },
        { fieldPath: "events.params.plan", validationCode: "VALUE_OUT_OF_BOUNDS" },
        { fieldPath: "events.params.items", validationCode: "EXCEEDED_MAX_ENTITIES" },
      ],
    });
    expect(post("/debug/mp/collect", { events: [] })?.body).toMatchObject({
      validationMessages: [{ validationCode: "VALUE_REQUIRED" }, {}],
    });
  });

  it("has no other path, and no other method", () => {
    expect(post("/collect", valid)).toBeUndefined();
    expect(recording.answer({ method: "GET", path: "/mp/collect", headers: {}, body: "" })).toEqual({ status: 405 });
  });
});
