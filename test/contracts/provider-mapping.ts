import { validateHeaderName, validateHeaderValue } from "node:http";
import fc from "fast-check";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import type { Mapping, ProviderConfig, ProviderDefinition, ProviderRequest } from "../../shared/providers/definition.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { configVariant, deepFreeze, personal, personalAddresses, sentEvents } from "../support/arbitrary-config.ts";
import { exampleConfig, examplePageView, providerAnswer } from "../support/example-config.ts";
import type { ProviderFacts } from "./provider-facts.ts";

const baseUrl = "https://server.example/base";
const secretMark = "s3cr3t";
/** As a vault may hold them, from good to wrong. */
const secrets = [
  secretMark,
  `phc_${secretMark}`,
  `phx_${secretMark}`,
  `Basic ${secretMark}`,
  ` ${secretMark}\r\n`,
  `a ${secretMark} ☃`,
  `${secretMark}&?/#'`,
];
const moments = fc.constantFrom(undefined, Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 20));

/** Whatever passes intake, the mapping is pure and whole, and the provider takes what it makes. */
export function providerMappingContract(definition: ProviderDefinition, facts: ProviderFacts): void {
  const { slug, secretsToSend = [], optionalSecretsToSend = [] } = definition;
  let endpoints: RecordingEndpoints;
  let config: ProviderConfig;
  beforeAll(async () => {
    endpoints = await recordingEndpoints(slug);
    config = await exampleConfig(definition, baseUrl);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const property = (check: (mapping: Mapping, events: readonly object[]) => void) =>
    fc.assert(
      fc.property(sentEvents, configVariant(definition, config), moments, (events, variant, sentAt) =>
        check(definition.toRequests(events, variant, sentAt), events),
      ),
      { numRuns: 50 },
    );

  it("maps the same events to the same requests at any time, and leaves them as they are", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const random = vi.spyOn(Math, "random");
    fc.assert(
      fc.property(sentEvents, configVariant(definition, config), moments, (events, variant, sentAt) => {
        const mapAt = (now: number, chance: number) => {
          vi.setSystemTime(now);
          random.mockReturnValue(chance);
          return definition.toRequests(deepFreeze(events), deepFreeze(variant), sentAt);
        };
        expect(mapAt(Date.UTC(2031, 11, 31, 23, 59), 0.9)).toEqual(mapAt(0, 0.1));
      }),
      { numRuns: 50 },
    );
  });

  it("has a place for every event, and one only", () => {
    property(({ requests, settled, adjustments = [] }, events) => {
      const places = [...requests.flatMap((request) => request.events), ...settled.map(({ event }) => event)];
      expect(places.sort((a, b) => a - b)).toEqual(events.map((_, index) => index));
      expect(requests.every((request) => request.events.length > 0)).toBe(true);
      expect(settled.some(({ verdict }) => ["delivered", "accepted_unverifiable", "split", "retry"].includes(verdict.verdict))).toBe(false);
      expect(adjustments.every(({ event, pointer }) => event in events && pointer.startsWith("/"))).toBe(true);
    });
  });

  it("sends nothing that its own server refuses or throws away", () => {
    property(({ requests }) => {
      for (const request of requests) {
        const { pathname } = new URL(request.url);
        const answer = endpoints.answer({ ...request, path: pathname.replace(/^\/base/, "") });
        expect(answer).toBeDefined();
        const verdicts = definition.readAnswer(providerAnswer(answer!), request);
        const isSandbox = verdicts.every((one) => one.verdict === "suppressed" && one.reason === "sandbox");
        expect(isSandbox || verdicts.every(({ verdict }) => verdict === "delivered" || verdict === "accepted_unverifiable")).toBe(true);
        expect(answer!.recorded?.length ?? 0).toBe(isSandbox ? 0 : request.events.length);
      }
    });
  });

  it("sends requests that HTTP can carry, below the config's address, without null", () => {
    property(({ requests }) => {
      for (const { method, url, headers, body } of requests) {
        expect([method, url.startsWith(`${baseUrl}/`), URL.canParse(url)]).toEqual(["POST", true, true]);
        for (const [name, value] of Object.entries(headers)) {
          expect(name).toBe(name.toLowerCase());
          validateHeaderName(name);
          validateHeaderValue(name, value);
        }
        expect(Object.keys(headers)).not.toContain("host");
        expect(headers["content-type"]).toBe("application/json");
        JSON.parse(body, (name, value: unknown) => {
          expect(value === null ? `null at ${name}` : "").toBe("");
          return value;
        });
      }
    });
  });

  it("keeps to the documented limits, however much there is to send", () => {
    const few = Array.from({ length: 260 }, (_, at) => ({ ...examplePageView, id: `few-${at}`, anonymous_id: `visitor-${at % 3}` }));
    const large = Array.from({ length: 720 }, (_, at) => ({
      ...examplePageView,
      id: `large-${at}`,
      event_name: "Signup",
      event_properties: Object.fromEntries(Array.from({ length: 60 }, (_, part) => [`part ${part}`, "x".repeat(490)])),
    }));
    const able = { ...config, capabilities: { batch: true } };
    const switches = definition.settings.shape["use_batch"] === undefined ? {} : { use_batch: true };
    for (const events of [few, large]) {
      const { requests } = definition.toRequests(events, { ...able, settings: { ...config.settings, ...switches } });
      expect(requests.length).toBeGreaterThan(0);
      for (const request of requests) {
        expect(request.events.length).toBeLessThanOrEqual(facts.eventsMax ?? Number.POSITIVE_INFINITY);
        expect(Buffer.byteLength(request.body)).toBeLessThanOrEqual(facts.bytesMax ?? Number.POSITIVE_INFINITY);
      }
    }
  });

  it("says nothing of a visitor in what it tells the tenant", () => {
    property(({ settled, adjustments }) => {
      const told = JSON.stringify([settled, adjustments]);
      expect([...Object.values(personal), ...personalAddresses].filter((value) => told.includes(value))).toEqual([]);
    });
  });

  it("shows no secret in an address, a header's name or a reason, whatever the vault holds", () => {
    const names = [...secretsToSend, ...optionalSecretsToSend];
    const values = fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...secrets)])));
    fc.assert(
      fc.property(sentEvents, values, (events, held) => {
        const { requests, settled, adjustments } = definition.toRequests(events, { ...config, secrets: held });
        expect(JSON.stringify([settled, adjustments])).not.toContain(secretMark);
        for (const { url, headers } of requests) {
          const { search, href } = new URL(url);
          expect(href.replace(facts.hasSecretInQuery ? search : "", "")).not.toContain(secretMark);
          expect(Object.keys(headers).join()).not.toContain(secretMark);
        }
        expect(isCarriedAsDocumented(requests, facts)).toBe(true);
      }),
    );
  });
}

/** A query that is said to have the secret has it, so that the exception is one. */
const isCarriedAsDocumented = (requests: readonly ProviderRequest[], { hasSecretInQuery }: ProviderFacts): boolean =>
  requests.every(({ url }) => new URL(url).search.includes(secretMark) === (hasSecretInQuery ?? false));
