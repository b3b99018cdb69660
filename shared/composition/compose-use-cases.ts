import { listConfigs, providerOfConfig, requireConfig } from "../configs/read-configs.ts";
import { verifyConfig } from "../configs/verify-config.ts";
import { createConfig, patchConfig, transitionConfig } from "../configs/write-configs.ts";
import { checkReadiness } from "../delivery/check-readiness.ts";
import { deferWhileUnavailable } from "../delivery/defer-message.ts";
import { dispatchBatch, giveUpBatch } from "../delivery/dispatch-batch.ts";
import { fanOutEvents } from "../delivery/fan-out-events.ts";
import { listEvents } from "../delivery/list-events.ts";
import { previewFilter } from "../delivery/preview-filter.ts";
import { readReceipt } from "../delivery/read-receipt.ts";
import { sweepOverdue } from "../delivery/sweep-overdue.ts";
import { acceptEvents } from "../events/accept-events.ts";
import { evaluateFlags } from "../insights/evaluate-flags.ts";
import { readFunnel } from "../insights/read-funnel.ts";
import type { Ports } from "../ports/ports.ts";
import { findProvider } from "../providers/registry.ts";
import { authenticate } from "../tenants/authenticate.ts";
import { findCredential } from "../tenants/find-credential.ts";
import { createKey, listKeys, revokeKey } from "../tenants/manage-keys.ts";
import { createTenant, getTenant, listTenants } from "../tenants/manage-tenants.ts";
import { checkBooks } from "../usage/check-books.ts";
import { readUsage } from "../usage/read-usage.ts";

export interface CompositionOptions {
  /** The operator's key; asked for when somebody shows one. */
  readonly adminKey: () => Promise<string>;
  /** Partitions that a new tenant's events are spread over: what the store needs to take many at once. */
  readonly eventShards: number;
}

/** Everything the gateway can do, given its ports; reading it is reading the system. */
export function composeUseCases(ports: Ports, { adminKey, eventShards }: CompositionOptions) {
  const credentials = findCredential(ports);
  return {
    authenticate: authenticate(credentials, adminKey),
    createTenant: createTenant(ports, eventShards),
    getTenant: getTenant(ports),
    listTenants: listTenants(ports),
    createKey: createKey(ports),
    listKeys: listKeys(ports),
    revokeKey: revokeKey(ports, credentials),
    createConfig: createConfig(ports),
    getConfig: (tenantId: string, provider: string, id: string) => requireConfig(ports, tenantId, provider, id),
    listConfigs: listConfigs(ports),
    patchConfig: patchConfig(ports),
    transitionConfig: transitionConfig(ports),
    verifyConfig: verifyConfig(ports),
    acceptEvents: acceptEvents(ports, providerOfConfig(ports)),
    fanOutEvents: fanOutEvents(ports),
    dispatchBatch: dispatchBatch(ports, findProvider),
    giveUpBatch: giveUpBatch(ports),
    readReceipt: readReceipt(ports),
    listEvents: listEvents(ports),
    previewFilter: previewFilter(ports),
    evaluateFlags: evaluateFlags(ports),
    readFunnel: readFunnel(ports),
    readUsage: readUsage(ports),
    checkBooks: checkBooks(ports),
    sweepOverdue: sweepOverdue(ports),
    deferWhileUnavailable: deferWhileUnavailable(ports),
    checkReadiness: checkReadiness(ports),
  };
}

export type UseCases = ReturnType<typeof composeUseCases>;
