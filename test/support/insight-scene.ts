import type { Config } from "../../shared/configs/config.ts";
import { evaluateFlags } from "../../shared/insights/evaluate-flags.ts";
import { flagsRequest } from "../../shared/insights/flags.ts";
import { funnelRequest } from "../../shared/insights/funnel.ts";
import { readFunnel } from "../../shared/insights/read-funnel.ts";
import type { Answer, Failure, OutgoingRequest } from "../../shared/ports/http-client.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import { Problem } from "../../shared/problems/problem.ts";
import type { FlagsOutcome, FunnelOutcome, ProviderDefinition } from "../../shared/providers/definition.ts";
import { openDeliveryScene } from "./delivery-scene.ts";
import { fakeProvider } from "./fake-provider.ts";

/** A provider that can be asked: the body of a good answer is the outcome itself, and its requests show what they ask with. */
function askableProvider(): ProviderDefinition {
  const url = "https://acme.example/";
  return {
    ...fakeProvider(),
    featureFlags: {
      setting: "flags_on",
      isEnabled: ({ flags_on }) => flags_on === true,
      secretsNeeded: ["token_ref"],
      answer: async (question, { secrets }, ask): Promise<FlagsOutcome> => {
        if (question.visitor.id === "nobody") {
          return { refused: { pointer: "/id", detail: "stands for nobody" } };
        }
        const answer = await ask({ method: "POST", url, headers: { authorization: secrets["token_ref"]! }, body: question.visitor.id });
        if ("unreachable" in answer) {
          return { failed: answer.unreachable };
        }
        return answer.status === 200 ? JSON.parse(answer.body) : { failed: `status ${answer.status}`, status: answer.status };
      },
    },
    funnels: {
      setting: "funnels_on",
      isEnabled: ({ funnels_on }) => funnels_on === true,
      settingsNeeded: ["site"],
      secretsNeeded: ["token_ref"],
      answer: async (_question, { secrets }, ask): Promise<FunnelOutcome> => {
        const answer = await ask({ method: "POST", url, headers: { authorization: secrets["token_ref"]! } });
        if ("unreachable" in answer) {
          return { failed: answer.unreachable, again: true };
        }
        return answer.status === 200 ? JSON.parse(answer.body) : { failed: "it failed", again: answer.status >= 429, answer };
      },
    },
  };
}

/** A provider's answer, for `scene.answer`. */
export const reply = (status: number, body: object | string = "", headers: Readonly<Record<string, string>> = {}): Answer => ({
  kind: "answer",
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
  truncated: false,
});

/** No answer, for `scene.answer`. */
export const noReply = (reason: Failure["reason"]): Failure => ({ kind: "failure", reason, sent: false });

export const funnelBody = {
  steps: [{ event: "pageview" }, { event: "Signup", name: "Joined" }],
  window: { amount: 1, unit: "week" },
  from: "2026-03-01T00:00:00Z",
  to: "2026-03-02T00:00:00Z",
};

/** Flags and funnels over SQLite, under a clock that the test moves, of a provider whose answers the test writes. */
export function openInsightScene() {
  const scene = openDeliveryScene();
  const definition = askableProvider();
  const secretReads: { name: string; refresh: boolean }[] = [];
  const vault = { isDown: false, onRefresh: () => {} };
  const secrets: Ports["secrets"] = {
    get: async (_tenant, name, options) => {
      secretReads.push({ name, refresh: options?.refresh === true });
      if (vault.isDown) {
        throw new Problem("store-unavailable");
      }
      if (options?.refresh === true) {
        vault.onRefresh();
      }
      return scene.secretValues.get(name) ?? "not-found";
    },
    getOwn: async () => "not-found",
    check: () => "ok",
  };
  const ports = { ...scene.ports, secrets };
  const evaluate = evaluateFlags(ports);
  const read = readFunnel(ports);
  scene.secretValues.set("acme-token", "secret-of-acme-1");
  return {
    ...scene,
    definition,
    secretReads,
    vault,
    /** An active config that is enabled for both, unless told otherwise. */
    enabled: (id = "config-1", settings: object = {}, fields: Partial<Config> = {}) =>
      scene.config(id, {
        settings: { site: "a", flags_on: true, funnels_on: true, ...settings },
        credentials: { token_ref: "acme-token" },
        ...fields,
      }),
    flags: (body: object, tenant = scene.tenant.id, provider = definition) => evaluate(tenant, provider, flagsRequest.parse(body)),
    funnel: (body: object = {}, tenant = scene.tenant.id, provider = definition) =>
      read(tenant, provider, funnelRequest.parse({ ...funnelBody, ...body })),
    /** What the provider says from now on. */
    says: (answer: Answer | Failure | ((request: OutgoingRequest) => Answer | Failure)) => {
      scene.scene.answer = typeof answer === "function" ? answer : () => answer;
    },
  };
}

export type InsightScene = ReturnType<typeof openInsightScene>;
