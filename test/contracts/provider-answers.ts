import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { recordingEndpoints } from "../../demo/recording-endpoints.ts";
import type { ProviderAnswer, ProviderConfig, ProviderDefinition, ProviderRequest, Verdict } from "../../shared/providers/definition.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { mutated } from "../support/arbitrary-request.ts";
import { exampleConfig, examplePageView, providerAnswer } from "../support/example-config.ts";
import type { ProviderFacts } from "./provider-facts.ts";

const baseUrl = "https://server.example/base";
const statuses = Array.from({ length: 500 }, (_, at) => 100 + at);
/** Those that say something somewhere, and the ends. */
const tellingStatuses = [
  100, 199, 200, 202, 204, 299, 300, 302, 399, 400, 401, 403, 404, 405, 408, 413, 422, 429, 499, 500, 501, 502, 503, 504, 599,
];
const bodies = [
  "null",
  "true",
  "0",
  "[]",
  "{}",
  '"text"',
  "[null]",
  "GIF89a\u0001\u0000",
  "<!doctype html><title>Sign in</title>",
  '{"details":5,"errors":null,"validationMessages":"no","partialSuccess":[],"quota_limited":"events"}',
  '{"details":[null],"errors":[null],"validationMessages":[null],"partialSuccess":null,"quota_limited":[null]}',
  "x".repeat(65_536),
  `{"error":"${"x".repeat(65_526)}`,
];

const isYes = ({ verdict }: Verdict): boolean => verdict === "delivered" || verdict === "accepted_unverifiable";

/** Whatever a server answers is read as one verdict per event. */
export function providerAnswersContract(definition: ProviderDefinition, facts: ProviderFacts): void {
  let endpoints: RecordingEndpoints;
  let config: ProviderConfig;
  /** One event, and as many together as the provider lets them. */
  let requests: ProviderRequest[];
  beforeAll(async () => {
    endpoints = await recordingEndpoints(definition.slug);
    config = await exampleConfig(definition, baseUrl);
    const able = { ...config, capabilities: { batch: true }, settings: { ...config.settings, ...batching } };
    const three = ["a", "b", "c"].map((id) => ({ ...examplePageView, id }));
    requests = [[examplePageView], three].flatMap((events) => definition.toRequests(events, able).requests);
  });
  const batching = definition.settings.shape["use_batch"] === undefined ? {} : { use_batch: true };
  const asked = (request: ProviderRequest) => ({ ...request, path: new URL(request.url).pathname.replace(/^\/base/, "") });
  const yesTo = (request: ProviderRequest) => providerAnswer(endpoints.answer(asked(request))!);

  const read = (answer: ProviderAnswer, request: ProviderRequest): readonly Verdict[] => {
    const verdicts = definition.readAnswer(answer, request);
    expect(verdicts).toHaveLength(request.events.length);
    expect(definition.readAnswer(answer, request)).toEqual(verdicts);
    return verdicts;
  };
  /** What an answer other than 2xx may mean. */
  const allowed = (status: number, events: number): readonly Verdict["verdict"][] => {
    if (events > 1 && (status === 413 || facts.splitsOn?.includes(status))) {
      return ["split"];
    }
    return facts.isRetryable(status) ? ["retry"] : ["rejected", "dropped_by_provider"];
  };

  it("asks about requests of one event and of several, if it sends such", () => {
    expect(requests[0]!.events).toHaveLength(1);
    expect(requests.some(({ events }) => events.length > 1)).toBe(facts.eventsMax !== 1);
  });

  it.each(["1xx", "2xx", "3xx", "4xx", "5xx"])("reads every status %s with any body, and says yes to none but 2xx", (group) => {
    for (const request of requests) {
      const echo = JSON.stringify({ error: request });
      for (const status of statuses.filter((one) => String(one).startsWith(group[0]!))) {
        const others = tellingStatuses.includes(status) ? [...bodies, echo] : [];
        for (const body of ["", yesTo(request).body, ...others]) {
          const verdicts = read({ status, headers: {}, body, truncated: body.length > 65_535 }, request);
          if (group === "2xx") {
            expect(verdicts.map(({ verdict }) => verdict)).not.toContain("split");
          } else {
            expect(allowed(status, request.events.length)).toEqual(expect.arrayContaining(verdicts.map(({ verdict }) => verdict)));
          }
        }
      }
    }
  });

  it("makes nothing worse of an answer that is almost right", () => {
    const answers = requests.map((request) => ({ request, body: yesTo(request).body }));
    const refusals = Object.values(endpoints.refusals ?? {});
    const said = requests.flatMap((request) => refusals.map((refuse) => ({ request, body: providerAnswer(refuse(asked(request))).body })));
    for (const { request, body } of [...answers, ...said]) {
      const json = body.startsWith("{") ? (JSON.parse(body) as object) : {};
      fc.assert(
        fc.property(
          fc.oneof(mutated(fc.constant(json)), fc.json(), fc.string()),
          fc.integer({ min: 200, max: 299 }),
          fc.dictionary(fc.constantFrom("x-plausible-dropped", "content-type", "retry-after"), fc.string(), { maxKeys: 2 }),
          (text, status, headers) => void read({ status, headers, body: text }, request),
        ),
        { numRuns: 80 },
      );
    }
  });

  it("says yes where its own server does", () => {
    for (const request of requests) {
      expect(read(yesTo(request), request).every(isYes)).toBe(true);
    }
  });

  it("calls nothing delivered where its server says that it took nothing", () => {
    for (const refuse of Object.entries(endpoints.refusals ?? {})) {
      const [kind, answer] = refuse;
      for (const request of requests) {
        const said = answer(asked(request));
        expect([said.status >= 200 && said.status < 300, said.recorded ?? []]).toEqual([true, []]);
        const isHidden = kind === "dropped" && facts.hidesDropped === true;
        expect(read(providerAnswer(said), request).some(({ verdict }) => verdict === "delivered")).toBe(isHidden);
      }
    }
  });

  it("repeats in its reasons nothing of a request that an answer repeats", () => {
    const secrets = Object.values(config.secrets);
    for (const request of requests) {
      const words = [...secrets, examplePageView.client_ip!, examplePageView.user_agent!, examplePageView.anonymous_id!, request.url];
      const errors = Object.fromEntries(words.map((word) => [word, [word]]));
      for (const body of [JSON.stringify({ errors, error: words, message: words.join() }), words.join()]) {
        for (const status of [200, 202, 204, 302, 400, 401, 403, 404, 413, 429, 500, 503]) {
          const told = JSON.stringify(read({ status, headers: {}, body }, request));
          expect(words.filter((word) => told.includes(word))).toEqual([]);
        }
      }
    }
  });
}
