import { v7 } from "uuid";
import { type ResendMessage, stepMessage } from "../delivery/resend-message.ts";
import type { Ports } from "../ports/ports.ts";
import { Problem } from "../problems/problem.ts";
import { partitionsOf, type TenantShards } from "../tenants/partition.ts";
import { documentId, publicView, type RedeliveryRequest, type ReplayRequest, type Resend, resendTtlSeconds } from "./resend.ts";
import { joinRunning } from "./running-resends.ts";

const triesMax = 20;

type Asked =
  | { readonly type: "redelivery"; readonly request: RedeliveryRequest }
  | { readonly type: "replay"; readonly request: ReplayRequest };

/**
 * Begins a redelivery or replay, which runs by itself from here on; how far it has come tells `readResend`. `resend-running` when others are in the way.
 * @param traceparent of the request that asks, so that what is sent again is found in its trace
 */
export const requestResend =
  ({ store, outbox, clock }: Pick<Ports, "store" | "outbox" | "clock">) =>
  async (tenant: TenantShards, { type, request }: Asked, traceparent?: string) => {
    const now = clock.now();
    const resend: Resend = {
      id: documentId(v7()),
      pk: homeOf(tenant),
      type,
      tenant_id: tenant.id,
      request,
      created_at: new Date(now).toISOString(),
      status: "queued",
      step: 0,
      units: [],
      cursor: { place: 0 },
      counted: 0,
      resent: 0,
      skipped: {},
      failed: 0,
      errors: [],
      next_send_at: now,
      due_at: now,
      ttl: resendTtlSeconds,
    };
    for (let tries = 0; tries < triesMax; tries++) {
      const operations = [{ type: "create" as const, document: resend }, await joinRunning(store, resend, now)];
      if ((await outbox.applyThenSend("deliveries", resend.pk, operations, [stepMessage(resend, traceparent)])).applied) {
        return publicView(resend);
      }
    }
    throw new Error("others keep being asked for");
  };

/** How far a redelivery or replay of the tenant has come, or `not-found`. */
export const readResend =
  ({ store }: Pick<Ports, "store">) =>
  async (tenant: TenantShards, type: Resend["type"], id: string) => {
    const stored = await store.get<Resend>("deliveries", homeOf(tenant), documentId(id));
    if (stored?.document.type !== type) {
      throw new Problem("not-found", `no ${type} has this id, or it was forgotten 30 days after it was done`);
    }
    return publicView(stored.document);
  };

/** All of a tenant's are in one partition, where the sweeper comes by. */
const homeOf = ({ id, event_shards }: TenantShards): ResendMessage["pk"] => partitionsOf(id, event_shards)[0]!;
