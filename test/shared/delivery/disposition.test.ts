import { describe, expect, it } from "vitest";
import type { Config } from "../../../shared/configs/config.ts";
import { suppressionOf } from "../../../shared/delivery/disposition.ts";
import type { DeliverableEvent } from "../../../shared/events/event.ts";
import { browser } from "../../support/delivery-scene.ts";

const at = "2026-01-01T00:00:00.000Z";
const event: DeliverableEvent = { id: "e", event_name: "pageview", received_at: at, occurred_at: at, user_agent: browser };
const config = { status: "active", allowed_domains: [], drop_empty_user_agents: false, require_cookie_consent: false } as unknown as Config;
const googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

describe("whether an event goes to a config", () => {
  it.each<[string, Partial<DeliverableEvent>, Partial<Config>, string | undefined]>([
    ["a browser's event", {}, {}, undefined],
    ["a bot's", { user_agent: googlebot }, {}, "bot"],
    ["one to a config that is paused", {}, { status: "paused" }, "config_inactive"],
    ["one to a config in error", {}, { status: "error" }, undefined],
    ["a bot's to a config that is paused", { user_agent: googlebot }, { status: "paused" }, "config_inactive"],
    ["one of an allowed site", { page_url: "https://example.org/a" }, { allowed_domains: ["example.org"] }, undefined],
    ["one of another site", { page_url: "https://evilexample.org/" }, { allowed_domains: ["example.org"] }, "domain_not_allowed"],
    ["one of any site", { page_url: "https://anything.example/" }, { allowed_domains: [] }, undefined],
    ["one whose page is only a path", { page_url: "/a" }, { allowed_domains: ["example.org"] }, undefined],
    ["one without a page", {}, { allowed_domains: ["example.org"] }, undefined],
  ])("%s", (_, eventFields, configFields, reason) => {
    expect(suppressionOf({ ...event, ...eventFields }, { ...config, ...configFields })).toBe(reason);
  });

  it("takes a missing user agent for a bot's only where the config says so", () => {
    const { user_agent: _, ...withoutAgent } = event;
    expect(suppressionOf(withoutAgent, config)).toBeUndefined();
    expect(suppressionOf(withoutAgent, { ...config, drop_empty_user_agents: true })).toBe("bot");
    expect(suppressionOf(event, { ...config, drop_empty_user_agents: true })).toBeUndefined();
  });
});
