import { describe, expect, it } from "vitest";
import posthog from "../../../shared/providers/posthog/index.ts";
import { mapEvents } from "../../../shared/providers/posthog/map-events.ts";
import recording from "../../../shared/providers/posthog/recording.ts";
import { type Settings, settings } from "../../../shared/providers/posthog/settings.ts";

const secrets = { project_token_ref: "phc_example" };
const id = "01956f3e-8c00-7000-8000-000000000001";
const event = (fields: object) =>
  ({ id, received_at: "", event_name: "Signup", occurred_at: "2026-03-01T10:00:00.000Z", ...fields }) as never;
const map = (events: object[], own: Partial<Settings> = {}, known: Record<string, string> = secrets) =>
  mapEvents(events.map(event), { settings: settings.parse({ cookieless: false, ...own }), secrets: known });
const item = (fields: object, own: Partial<Settings> = {}) => JSON.parse(map([fields], own).requests[0]!.body).batch[0];
const verdict = (fields: object, own: Partial<Settings> = {}) => map([fields], own).settled[0]?.verdict;

describe("PostHog", () => {
  it("counts a visitor of a day by the day's hash, and by a site's own id only outside cookieless mode", () => {
    const visitor_hash = "5f0c1d2e3b4a59687786a5b4c3d2e1f0";
    const [one, other] = [id, id.replace(/1$/, "2")].map((eventId) => item({ visitor_hash, id: eventId }, { cookieless: true }));
    expect([one.distinct_id, other.distinct_id]).toEqual([visitor_hash, visitor_hash]);
    expect([one.uuid, one.properties.$process_person_profile]).toEqual([id, false]);
    expect(item({ visitor_hash, user_id: "user-42", anonymous_id: "anon-7" }, { cookieless: true }).distinct_id).toBe(visitor_hash);
    expect(item({ visitor_hash }).distinct_id).toBe(visitor_hash);
    expect(item({ visitor_hash }).properties).toMatchObject({ $process_person_profile: false });
    expect(item({ visitor_hash, anonymous_id: "anon-7" }).distinct_id).toBe("anon-7");
    expect(item({ visitor_hash, user_id: "user-42", anonymous_id: "anon-7" }).distinct_id).toBe("user-42");
  });

  it("links no two events of a visitor without a hash in cookieless mode, and sends one event twice alike", () => {
    const visitor = { user_id: "user-42", anonymous_id: "anon-7", client_ip: "203.0.113.7" };
    const other = id.replace(/1$/, "2");
    const [one, two, again] = [id, other, id].map((eventId) => item({ ...visitor, id: eventId }, { cookieless: true }));
    expect(one.distinct_id).not.toBe(two.distinct_id);
    expect(one).toEqual(again);
    expect(one.properties).toMatchObject({ $process_person_profile: false, $geoip_disable: true });
  });

  it("needs consent as soon as it sends identifiers, which it does not by default", () => {
    const { requiredByDefault, alwaysRequired } = posthog.consent;
    const isRequired = (own: object) => alwaysRequired?.(settings.parse(own));
    expect([requiredByDefault, isRequired({}), isRequired({ cookieless: true }), isRequired({ cookieless: false })]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it("takes ids that stand for nobody as absent", () => {
    expect(item({ user_id: "NULL", anonymous_id: "anon-7" })).toMatchObject({ distinct_id: "anon-7" });
    expect(item({ user_id: " undefined ", anonymous_id: "[object Object]" })).toMatchObject({
      distinct_id: id,
      properties: { $process_person_profile: false },
    });
    expect(verdict({ event_name: "identify", user_id: "0" })?.verdict).toBe("rejected");
    expect(item({ event_name: "identify", user_id: "u", anonymous_id: "guest" }).properties).not.toHaveProperty("$anon_distinct_id");
    expect(item({ event_name: "identify", user_id: "u", anonymous_id: "u" }).properties).not.toHaveProperty("$anon_distinct_id");
  });

  it("joins another id to a user", () => {
    const alias = { event: "$create_alias", distinct_id: "user-42", properties: { alias: "anon-7", $geoip_disable: true } };
    expect(item({ event_name: "alias", user_id: "user-42", anonymous_id: "anon-7" })).toMatchObject(alias);
    expect(item({ event_name: "alias", user_id: "user-42", event_properties: { alias: "anon-7" } })).toMatchObject(alias);
    expect(verdict({ event_name: "alias", user_id: "user-42" })?.verdict).toBe("rejected");
    expect(verdict({ event_name: "alias", user_id: "user-42", anonymous_id: "user-42" })?.verdict).toBe("rejected");
    expect(verdict({ event_name: "alias", user_id: "u", anonymous_id: "a" }, { cookieless: true })).toMatchObject({ reason: "filtered" });
  });

  it("lets a sender set groups, persons and sessions, and nothing that is ours to say", () => {
    const given = {
      $groups: { club: "north" },
      $set: { plan: "pro" },
      $session_id: id,
      $ip: "203.0.113.9",
      token: "t",
      $lib: "x",
      plan: null,
    };
    const { properties } = item({ user_id: "user-42", event_properties: given });
    expect(properties).toEqual({
      ...{ $groups: { club: "north" }, $set: { plan: "pro" }, $session_id: id },
      ...{ $geoip_disable: true, $lib: "analytics-gateway", $lib_version: "1.0.0" },
    });
    expect(item({ event_properties: given }, { cookieless: true }).properties).not.toHaveProperty("$session_id");
  });

  it("reads host and path of a page, as far as there are any", () => {
    expect(item({ page_url: "/join?x=1" }).properties).toMatchObject({ $current_url: "/join?x=1", $pathname: "/join" });
    expect(item({ page_url: "/join" }).properties).not.toHaveProperty("$host");
    expect(item({ page_url: "https://shop.example:8443/a#b" }).properties).toMatchObject({ $host: "shop.example:8443", $pathname: "/a" });
    expect(item({ screen: "large" }).properties).not.toHaveProperty("$screen_width");
  });

  it.each([
    ["https://eu.posthog.com", "https://eu.i.posthog.com/batch/"],
    ["https://us.posthog.com/project/1", "https://us.i.posthog.com/batch/"],
    ["https://us.i.posthog.com/", "https://us.i.posthog.com/batch/"],
    ["https://stats.example/base", "https://stats.example/base/batch/"],
    ["https://eu.posthog.com.example", "https://eu.posthog.com.example/batch/"],
  ])("sends events of %s to %s, with the token in the body only", (instance_url, url) => {
    const [request] = map([{}], { instance_url }).requests;
    expect(request?.url).toBe(url);
    expect(JSON.stringify(request?.headers)).not.toContain("phc_");
  });

  it.each(["", "phx_private", "phs_private", "two words"])("sends nothing with %j for a project token", (token) => {
    const { requests, settled } = map([{}, {}], {}, { project_token_ref: token });
    expect(requests).toEqual([]);
    expect(settled.map((one) => one.verdict.verdict)).toEqual(["rejected", "rejected"]);
  });

  it("makes another request where a batch would be too large, and refuses an event that would be thrown away", () => {
    const large = { event_properties: { text: "é".repeat(490_000) } };
    const { requests, settled } = map([...Array(25).fill(large), { event_properties: { text: "x".repeat(1_000_000) } }]);
    expect(requests.map(({ events }) => events.length)).toEqual([20, 5]);
    expect(requests.every(({ body }) => Buffer.byteLength(body) <= 20_000_000)).toBe(true);
    expect(settled).toMatchObject([{ event: 25, verdict: { verdict: "rejected" } }]);
  });

  it.each([
    [200, '{"status":"Ok"}', ["delivered", "delivered"]],
    [200, "", ["delivered", "delivered"]],
    [200, "null", ["delivered", "delivered"]],
    [204, "", ["delivered", "delivered"]],
    [200, '{"status":1,"quota_limited":["recordings","events"]}', ["dropped_by_provider", "dropped_by_provider"]],
    [200, '{"status":1,"quota_limited":["recordings"]}', ["delivered", "delivered"]],
    [301, "", ["rejected", "rejected"]],
    [400, "failed to decode", ["rejected", "rejected"]],
    [401, "", ["rejected", "rejected"]],
    [403, "", ["rejected", "rejected"]],
    [408, "", ["retry", "retry"]],
    [413, "", ["split", "split"]],
    [413, "", ["rejected"]],
    [429, "", ["retry"]],
    [503, "", ["retry"]],
  ])("reads status %s with %j as %j", (status, body, verdicts) => {
    const [request] = map(verdicts.map(() => ({}))).requests;
    expect(posthog.readAnswer({ status, headers: {}, body }, request!).map((one) => one.verdict)).toEqual(verdicts);
  });

  it.each([
    ["/batch/", { api_key: "phc_example", batch: [{ event: "Signup", distinct_id: "a", uuid: id }] }, 200, 1],
    ["/batch/", { api_key: "phc_example", batch: [{ event: "Signup", properties: { distinct_id: "a" }, uuid: "not one" }] }, 200, 0],
    ["/batch/", { api_key: "phc_example", batch: [{ event: "", distinct_id: "a" }] }, 400, 0],
    ["/batch/", { api_key: "phc_example", batch: [{ event: "Signup" }] }, 400, 0],
    ["/batch/", { api_key: "phc_example", batch: [] }, 400, 0],
    ["/batch/", { api_key: "phx_private", batch: [{ event: "Signup", distinct_id: "a" }] }, 401, 0],
    ["/batch/", { batch: [{ event: "Signup", distinct_id: "a" }] }, 401, 0],
    ["/i/v0/e/", { token: "phc_example", event: "Signup", distinct_id: "a" }, 200, 1],

    ["/nowhere", {}, undefined, 0],
    ["/flags", {}, 400, 0],
  ])("answers %s with %j as the provider's server does: %s, %s taken", (path, body, status, taken) => {
    const answer = recording.answer({ method: "POST", path, headers: {}, body: JSON.stringify(body) });
    expect([answer?.status, answer?.recorded?.length ?? 0]).toEqual([status, taken]);
  });

  it("answers 413 above the provider's limits", () => {
    const body = JSON.stringify({ token: "phc_example", event: "x".repeat(2_000_000), distinct_id: "a" });
    const statuses = ["/i/v0/e/", "/batch/"].map((path) => recording.answer({ method: "POST", path, headers: {}, body })?.status);
    expect(statuses).toEqual([413, 400]);
  });

  it("makes a config of the recording server's settings, with references for credentials", () => {
    const { credentials, ...own } = recording.exampleSettings("https://provider.example");
    expect(posthog.settings.safeParse(own).success).toBe(true);
    expect(posthog.credentials.safeParse(credentials).success).toBe(true);
    expect(posthog.credentials.safeParse({}).success).toBe(false);
    expect(posthog.secretsToSend).toEqual(["project_token_ref"]);
  });
});
