import { describe, expect, it } from "vitest";
import type { AskProvider, FunnelQuestion } from "../../../../shared/providers/definition.ts";
import { funnels } from "../../../../shared/providers/posthog/funnels.ts";
import recording from "../../../../shared/providers/posthog/recording.ts";
import { settings } from "../../../../shared/providers/posthog/settings.ts";
import { answerOf, askedProvider, askRecording } from "../../../support/asked-provider.ts";

const key = "phx_example0123456789";
const question: FunnelQuestion = {
  steps: [{ event: "pageview" }, { event: "Signup" }],
  window: { amount: 14, unit: "day" },
  from: "2026-03-01T01:00:00+01:00",
  to: "2026-03-31T12:30:00Z",
  order: "strict",
};
const read = (ask: AskProvider, asked: Partial<FunnelQuestion> = {}, secret = key) =>
  funnels.answer(
    { ...question, ...asked },
    { settings: settings.parse({ project_id: "12345" }), secrets: { personal_api_key_ref: secret } },
    ask,
  );
const step = (order: number, count: number, more: object = {}) => ({
  name: "x",
  order,
  count,
  average_conversion_time: order === 0 ? null : 12.5,
  median_conversion_time: order === 0 ? null : 10,
  ...more,
});

describe("PostHog's funnels", () => {
  it("asks the query API in its own words", async () => {
    const { ask, asked } = askedProvider(answerOf(200, { results: [step(0, 10), step(1, 4)] }));
    const properties = [
      { property: "plan", op: "eq", value: "pro" },
      { property: "plan", op: "neq", value: true },
      { property: "path", op: "contains", value: "/shop" },
      { property: "total", op: "gt", value: 10 },
      { property: "total", op: "lt", value: 20 },
      { property: "ref", op: "is_set" },
    ] as const;

    await read(ask, {
      steps: [{ event: "pageview", properties }, { event: "constructor" }],
      breakdown: { property: "$browser", limit: 5 },
    });

    expect(asked[0]).toMatchObject({
      method: "POST",
      url: "https://eu.posthog.com/api/projects/12345/query/",
      headers: { authorization: `Bearer ${key}` },
    });
    const filters = [
      ["plan", "exact", "pro"],
      ["plan", "is_not", true],
      ["path", "icontains", "/shop"],
      ["total", "gt", 10],
      ["total", "lt", 20],
      ["ref", "is_set", "is_set"],
    ].map(([name, operator, value]) => ({ type: "event", key: name, operator, value }));
    expect(JSON.parse(asked[0]!.body!)).toEqual({
      refresh: "blocking",
      query: {
        kind: "FunnelsQuery",
        series: [
          { kind: "EventsNode", event: "$pageview", name: "pageview", properties: filters },
          { kind: "EventsNode", event: "constructor", name: "constructor" },
        ],
        dateRange: { date_from: "2026-03-01T00:00:00.000Z", date_to: "2026-03-31T12:30:00.000Z", explicitDate: true },
        funnelsFilter: {
          funnelVizType: "steps",
          funnelOrderType: "strict",
          funnelWindowInterval: 14,
          funnelWindowIntervalUnit: "day",
        },
        breakdownFilter: { breakdown: "$browser", breakdown_type: "event", breakdown_limit: 5 },
        filterTestAccounts: false,
      },
    });
  });

  it("reads counts and times, in the order of the steps", async () => {
    const body = { results: [step(1, 4), step(0, 10)], last_refresh: "2026-03-31T13:00:00.123456Z" };
    expect(await read(askedProvider(answerOf(200, body)).ask)).toEqual({
      breakdowns: [
        {
          value: null,
          steps: [
            { count: 10, average_seconds: null, median_seconds: null },
            { count: 4, average_seconds: 12.5, median_seconds: 10 },
          ],
        },
      ],
      computedAt: "2026-03-31T13:00:00.123456Z",
    });
  });

  it("reads a funnel per value; no value is null, what is beyond the limit is Other", async () => {
    const values = [["Chrome"], "Firefox", 7, [""], ["$$_posthog_breakdown_null_$$"], ["$$_posthog_breakdown_other_$$"], [{}]];
    const results = values.map((breakdown_value) => [step(0, 2, { breakdown_value }), step(1, 1, { breakdown_value })]);
    const outcome = await read(askedProvider(answerOf(200, { results })).ask, { breakdown: { property: "$browser", limit: 10 } });
    const found = "breakdowns" in outcome ? outcome.breakdowns.map(({ value }) => value) : [];
    expect(found).toEqual(["Chrome", "Firefox", "7", null, null, "Other", null]);
  });

  it("has nobody at every step where the provider found nobody, and no values where it found none", async () => {
    const { ask } = askedProvider(answerOf(200, { results: [] }));
    const nobody = { count: 0, average_seconds: null, median_seconds: null };
    expect(await read(ask)).toEqual({ breakdowns: [{ value: null, steps: [nobody, nobody] }] });
    expect(await read(ask, { breakdown: { property: "$browser", limit: 10 } })).toEqual({ breakdowns: [] });
  });

  it.each([
    [answerOf(400, { detail: "bad" }), false, /status 400/],
    [answerOf(401), false, /personal API key/],
    [answerOf(403), false, /query:read/],
    [answerOf(404), false, /project_id/],
    [answerOf(301), false, /status 301/],
    [answerOf(408), true, /status 408/],
    [answerOf(429), true, /limit of queries/],
    [answerOf(500), true, /status 500/],
    [answerOf(504), true, /status 504/],
    [{ unreachable: "timeout" }, true, /does not answer: timeout/],
    [{ unreachable: "request-invalid" }, false, /request-invalid/],
    [answerOf(200, "<html>"), false, /not a funnel/],
    [answerOf(200, { results: {} }), false, /not a funnel/],
    [answerOf(200, { results: [step(0, 1)] }), false, /not a funnel/],
    [answerOf(200, { results: [step(0, 1), step(2, 1)] }), false, /not a funnel/],
    [answerOf(200, { results: [step(0, 1), step(1, -1)] }), false, /not a funnel/],
    [
      answerOf(200, {
        results: [
          [step(0, 1), step(1, 1)],
          [step(0, 1), step(1, 1)],
        ],
      }),
      false,
      /not a funnel/,
    ],
    [{ ...answerOf(200, '{"resul'), truncated: true }, false, /longer than the gateway reads/],
  ] as const)("fails on %o; asking again may help: %s", async (answer, again, reason) => {
    expect(await read(askedProvider(answer).ask)).toMatchObject({ failed: expect.stringMatching(reason), again });
  });

  it("sends no secret that is not a personal key in its place", async () => {
    const { ask, asked } = askedProvider(answerOf(200, { results: [] }));
    for (const secret of ["phc_public", "", "two words", "line\nbreak", "ключ"]) {
      expect(await read(ask, {}, secret)).toMatchObject({ failed: expect.any(String), again: false });
    }
    expect(asked).toEqual([]);
  });

  it("is answered alike each time by the recording server, which looks at the key", async () => {
    const ask = askRecording(recording);
    const first = await read(ask);
    expect(first).toMatchObject({ breakdowns: [{ steps: [{ count: 1000 }, { count: 600 }] }] });
    expect(await read(ask)).toEqual(first);
    expect(await read(ask, {}, "phx_other")).toMatchObject({ answer: { status: 401 } });
    const broken = await read(ask, { breakdown: { property: "$browser", limit: 3 } });
    expect(broken).toMatchObject({ breakdowns: [{ value: "Chrome" }, { value: "Firefox" }, { value: null }] });
  });
});
