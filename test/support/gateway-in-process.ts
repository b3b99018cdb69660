import { exampleSecrets } from "../../demo/example-secrets.ts";
import { dispatch } from "../../functions/queue/dispatch.ts";
import { fanOut } from "../../functions/queue/fan-out.ts";
import { composeUseCases, type UseCases } from "../../shared/composition/compose-use-cases.ts";
import type { RequestFacts } from "../../shared/events/prepare-event.ts";
import type { Answer, Failure, HttpClient } from "../../shared/ports/http-client.ts";
import type { Ports } from "../../shared/ports/ports.ts";
import type { Secrets } from "../../shared/ports/secrets.ts";
import type { RecordingEndpoints } from "../../shared/providers/recording-endpoint.ts";
import { providers } from "../../shared/providers/registry.ts";
import { mintSigningKey } from "../../shared/signing/signing-keys.ts";
import { consentFree } from "./consent-free.ts";
import { silentLog } from "./embedded-store.ts";
import type { MortalProcess } from "./mortal-process.ts";
import { noSignals } from "./no-signals.ts";

const secretValues = await exampleSecrets();
/** Holds the secrets of the example configs. */
export const exampleVault: Secrets = {
  get: async (_tenant, reference) => secretValues[reference] ?? "not-found",
  getOwn: async () => "not-found",
  check: () => "ok",
};

const signingKey = mintSigningKey();
export const composition = { adminKey: async () => "admin-key-of-a-test", signingKeys: async () => signingKey, eventShards: 3 };

/** A provider's server that answers what the test says. */
export function answering(answer: () => Answer | Failure): HttpClient {
  return { send: async () => answer(), checkTarget: async () => "ok", close: async () => undefined };
}

/** An answer with this status and an empty body. */
export const status = (code: number, body = ""): Answer => ({ kind: "answer", status: code, headers: {}, body, truncated: false });

/** A body that every provider that asks for no consent would say yes with, to as many events as a test sends. */
export const yesOfAnyProvider = '{"cache":"x","status":"success","tracked":1000,"invalid":0}';

/** A batch that a server of the tenant posts. */
export const batchOf = (tenantId: string): RequestFacts => ({
  tenantId,
  keyKind: "secret",
  clientAddress: undefined,
  userAgent: undefined,
  signals: noSignals,
  idempotencyKey: undefined,
  isBatch: true,
});

/** A tenant with active configs of the providers in turn that ask for no consent, one of each if not told how many. */
export async function newTenantInProcess(use: UseCases, count = consentFree.length) {
  const { id, event_shards } = await use.createTenant({ name: "Club", tier: "standard" });
  const configs: string[] = [];
  for (let at = 0; at < count; at++) {
    const definition = consentFree[at % consentFree.length]!;
    const { default: endpoints } = (await import(`../../shared/providers/${definition.slug}/recording.ts`)) as {
      default: RecordingEndpoints;
    };
    const { document } = await use.createConfig(id, definition, endpoints.exampleSettings("https://provider.example"));
    const change = { tenantId: id, definition, id: document.id, by: "key:test", mayReplace: () => true, force: true };
    await use.transitionConfig(change, "active");
    configs.push(document.id);
  }
  return { id, event_shards, configs };
}

/**
 * Hands every waiting message to its function, as a host does: completed when the function returns, given back when it throws or when the
 * process died meanwhile. Answers how many were received.
 */
export async function runQueuesOnce({ queue }: Pick<Ports, "queue">, use: UseCases, process?: MortalProcess): Promise<number> {
  const functions = [fanOut(use), ...providers.map(({ slug }) => dispatch(use, slug))];
  let received = 0;
  for (const { queueName, handler } of functions) {
    for (const message of await queue.receive(queueName, { max: 50, waitMs: 0 })) {
      received++;
      const { info, warn, error } = silentLog;
      const context = { invocationId: message.id, triggerMetadata: { deliveryCount: message.deliveryCount }, info, warn, error };
      const isHandled = await handler(message.body, context).then(
        () => process?.isDead !== true,
        () => false,
      );
      process?.restart();
      await (isHandled ? queue.complete(message) : queue.abandon(message));
    }
  }
  return received;
}

export const useCasesOf = (ports: Ports): UseCases => composeUseCases(ports, composition);
