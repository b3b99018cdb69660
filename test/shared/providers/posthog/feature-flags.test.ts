import { describe, expect, it } from "vitest";
import type { AskProvider, FlagsQuestion } from "../../../../shared/providers/definition.ts";
import { featureFlags } from "../../../../shared/providers/posthog/feature-flags.ts";
import recording from "../../../../shared/providers/posthog/recording.ts";
import { type Settings, settings } from "../../../../shared/providers/posthog/settings.ts";
import { answerOf, askedProvider, askRecording } from "../../../support/asked-provider.ts";

const at = Date.parse("2026-03-01T23:59:59.999Z");
const secrets = { project_token_ref: "phc_example0123456789" };
const none = { flags: {}, errorsWhileComputingFlags: false };
const evaluate = (ask: AskProvider, question: Partial<FlagsQuestion> = {}, own: Partial<Settings> = {}) =>
  featureFlags.answer(
    { visitor: { id: "visitor-1" }, configId: "config-1", at, ...question },
    { settings: settings.parse(own), secrets },
    ask,
  );
const sent = async (question: Partial<FlagsQuestion>, own: Partial<Settings> = {}) => {
  const { ask, asked } = askedProvider(answerOf(200, none));
  await evaluate(ask, question, own);
  return JSON.parse(asked[0]!.body!);
};
const identified = { cookieless: false };

describe("PostHog's feature flags", () => {
  it("reads on, off, variants and payloads", async () => {
    const flags = {
      on: { key: "on", enabled: true, variant: null, metadata: { payload: null } },
      off: { key: "off", enabled: false, variant: "b", metadata: { payload: "1" } },
      many: { key: "many", enabled: true, variant: "b", metadata: { payload: '{"colour":"blue"}' } },
      odd: { key: "odd", enabled: true, metadata: { payload: "not JSON" } },
    };
    expect(await evaluate(askedProvider(answerOf(200, { flags, errorsWhileComputingFlags: false })).ask)).toEqual({
      flags: {
        on: { value: true },
        off: { value: false, payload: 1 },
        many: { value: "b", payload: { colour: "blue" } },
        odd: { value: true, payload: "not JSON" },
      },
    });
  });

  it("reads the answer of older servers", async () => {
    const body = { featureFlags: { a: "b", x: true, y: 7 }, featureFlagPayloads: { a: "[1]" }, errorsWhileComputingFlags: false };
    expect(await evaluate(askedProvider(answerOf(200, body)).ask)).toMatchObject({
      flags: { a: { value: "b", payload: [1] }, x: { value: true } },
      incomplete: expect.any(String),
    });
  });

  it("keeps a payload as text that nests deeper than can be written", async () => {
    const payload = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const flags = { deep: { key: "deep", enabled: true, metadata: { payload } } };
    expect(await evaluate(askedProvider(answerOf(200, { flags })).ask)).toEqual({ flags: { deep: { value: true, payload } } });
  });

  it("says what the provider could not compute, and leaves it out", async () => {
    const good = { key: "good", enabled: true };
    const failed = await evaluate(askedProvider(answerOf(200, { flags: { good, bad: { key: "bad", enabled: false, failed: true } } })).ask);
    expect(failed).toEqual({ flags: { good: { value: true } }, incomplete: expect.any(String) });
    const missing = await evaluate(askedProvider(answerOf(200, { flags: { good }, errorsWhileComputingFlags: true })).ask);
    expect(missing).toEqual({ flags: { good: { value: true } }, incomplete: expect.any(String) });
    const garbled = await evaluate(askedProvider(answerOf(200, { flags: { good, bad: "yes" } })).ask);
    expect(garbled).toEqual({ flags: { good: { value: true } }, incomplete: expect.any(String) });
  });

  it.each([
    [answerOf(200, { flags: {}, quotaLimited: ["feature_flags"] }), /quota/],
    [answerOf(402, "quota"), /quota/],
    [answerOf(401, "no"), /does not take the project token/],
    [answerOf(200, "<html>"), /can't be read/],
    [answerOf(200, "{}"), /no flags/],
    [answerOf(200, "null"), /can't be read/],
    [answerOf(429), /status 429/],
    [answerOf(500), /status 500/],
    [{ unreachable: "timeout" }, /no answer: timeout/],
  ] as const)("fails, without asking again: %o", async (answer, reason) => {
    const { ask, asked } = askedProvider(answer);
    expect(await evaluate(ask)).toMatchObject({ failed: expect.stringMatching(reason) });
    expect(asked).toHaveLength(1);
  });

  it.each([[answerOf(502)], [answerOf(504)], [{ unreachable: "connection-lost" }], [{ unreachable: "connect-failed" }]] as const)(
    "asks once more after %o",
    async (answer) => {
      const better = askedProvider(answer, answerOf(200, none));
      expect(await evaluate(better.ask)).toEqual({ flags: {} });
      const worse = askedProvider(answer);
      expect(await evaluate(worse.ask)).toHaveProperty("failed");
      expect(worse.asked).toHaveLength(2);
    },
  );

  it("sends in cookieless mode an id of the day: the same till midnight, another tomorrow, in another config, of another visitor", async () => {
    const today = (await sent({})).distinct_id;
    expect(today).toMatch(/^[0-9a-f]{40}$/);
    expect((await sent({ at: Date.parse("2026-03-01T00:00:00Z") })).distinct_id).toBe(today);
    const others = [await sent({ at: at + 1 }), await sent({ configId: "config-2" }), await sent({ visitor: { id: "visitor-2" } })];
    expect(new Set([today, ...others.map(({ distinct_id }) => distinct_id)]).size).toBe(4);
  });

  it("sends in cookieless mode no other name of the visitor", async () => {
    const properties = { plan: "pro", $device_id: "d", user_id: "u", nick: "visitor-1", all: ["visitor-1"] };
    const groups = { club: "north", person: "visitor-1" };
    const body = await sent({ visitor: { id: "visitor-1", properties, groups } });
    expect(body).toMatchObject({ person_properties: { plan: "pro" }, groups: { club: "north" } });
    expect(JSON.stringify(body)).not.toContain("visitor-1");
    expect(Object.keys(body.person_properties)).toEqual(["plan"]);
  });

  it("sends the id as given without cookieless mode, and never an address", async () => {
    const properties = { $ip: "203.0.113.7", IP: "x", office: " 2001:db8::1 ", list: ["203.0.113.8"], user_id: "u", nothing: null };
    const body = await sent({ visitor: { id: "visitor-1", properties } }, { ...identified, send_ip: true });
    expect(body).toMatchObject({ distinct_id: "visitor-1", geoip_disable: true, evaluation_runtime: "server" });
    expect(body.person_properties).toEqual({ user_id: "u" });
  });

  it("asks for the flags that are wanted, or for all", async () => {
    expect(await sent({ flags: ["a", "b"] })).toMatchObject({ flag_keys: ["a", "b"] });
    expect(await sent({})).not.toHaveProperty("flag_keys");
  });

  it("sends no halves of characters", async () => {
    const body = await sent({ visitor: { id: "v\ud800", properties: { "\ud800": "\udfff" } } }, identified);
    expect(body).toMatchObject({ distinct_id: "v\ufffd", person_properties: { "\ufffd": "\ufffd" } });
  });

  it.each(["", "0", "Anonymous", " null ", "[object Object]", "00000000-0000-0000-0000-000000000000"])(
    "refuses %j, which stands for nobody, and asks nothing",
    async (id) => {
      const { ask, asked } = askedProvider(answerOf(200, none));
      for (const cookieless of [true, false]) {
        expect(await evaluate(ask, { visitor: { id } }, { cookieless })).toEqual({
          refused: { pointer: "/id", detail: expect.any(String) },
        });
      }
      expect(asked).toEqual([]);
    },
  );

  it("gives a visitor the same variant each time, and not everybody the same, at the recording server", async () => {
    const of = async (id: string) => await evaluate(askRecording(recording), { visitor: { id } }, identified);
    expect(await of("one")).toEqual(await of("one"));
    const variants = await Promise.all(Array.from({ length: 20 }, (_, n) => of(`visitor-${n}`)));
    const values = variants.map((outcome) => ("flags" in outcome ? outcome.flags["new-checkout"]?.value : undefined));
    expect(new Set(values)).toEqual(new Set(["a", "b"]));
  });
});
