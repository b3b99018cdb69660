import { listConfigs, providerOfConfig, requireConfig } from "../configs/read-configs.ts";
import { verifyConfig } from "../configs/verify-config.ts";
import { createConfig, patchConfig, transitionConfig } from "../configs/write-configs.ts";
import { appendRecord } from "../consent/append-record.ts";
import { readPublicConfig } from "../consent/public-config.ts";
import { publishConsentConfig } from "../consent/publish-consent-config.ts";
import { getConsentVersion, listConsentConfigs, listConsentVersions, requireConsentConfig } from "../consent/read-consent-configs.ts";
import { listConsent, readConsent } from "../consent/read-records.ts";
import { recordDecision } from "../consent/record-decision.ts";
import { revokeConsent } from "../consent/revoke-consent.ts";
import { verifyChain } from "../consent/verify-chain.ts";
import { archiveConsentConfig, createConsentConfig, patchConsentConfig } from "../consent/write-consent-configs.ts";
import { checkReadiness } from "../delivery/check-readiness.ts";
import { deferWhileUnavailable } from "../delivery/defer-message.ts";
import { dispatchBatch } from "../delivery/dispatch-batch.ts";
import { fanOutEvents } from "../delivery/fan-out-events.ts";
import { giveUpBatch } from "../delivery/give-up-batch.ts";
import { listDeadLetters } from "../delivery/list-dead-letters.ts";
import { listEvents } from "../delivery/list-events.ts";
import { previewFilter } from "../delivery/preview-filter.ts";
import { readReceipt } from "../delivery/read-receipt.ts";
import { reconcileBooks } from "../delivery/reconcile-books.ts";
import { sweepOverdue } from "../delivery/sweep-overdue.ts";
import { acceptEvents } from "../events/accept-events.ts";
import { hashVisitors } from "../events/hash-visitors.ts";
import { evaluateFlags } from "../insights/evaluate-flags.ts";
import { readFunnel } from "../insights/read-funnel.ts";
import type { Ports } from "../ports/ports.ts";
import { findProvider } from "../providers/registry.ts";
import { readResend, requestResend } from "../resends/request-resend.ts";
import { runResend } from "../resends/run-resend.ts";
import { openSigner } from "../signing/signer.ts";
import { authenticate } from "../tenants/authenticate.ts";
import { findCredential } from "../tenants/find-credential.ts";
import { createKey, listKeys, revokeKey } from "../tenants/manage-keys.ts";
import { createTenant, getTenant, listTenants } from "../tenants/manage-tenants.ts";
import { checkBooks } from "../usage/check-books.ts";
import { compactUsage } from "../usage/compact-usage.ts";
import { describeUsage } from "../usage/describe-usage.ts";
import { readUsage } from "../usage/read-usage.ts";
import { destroySalts } from "../visitors/destroy-salts.ts";
import { saltOfDay } from "../visitors/salts.ts";

export interface CompositionOptions {
  /** The operator's key; asked for when somebody shows one. */
  readonly adminKey: () => Promise<string>;
  /** The gateway's private signing keys (PEM), the newest last; asked for when something is signed. */
  readonly signingKeys: () => Promise<string>;
  /** Partitions that a new tenant's events are spread over: what the store needs to take many at once. */
  readonly eventShards: number;
}

/** Everything the gateway can do, given its ports; reading it is reading the system. */
export function composeUseCases(ports: Ports, { adminKey, signingKeys, eventShards }: CompositionOptions) {
  const credentials = findCredential(ports);
  const signer = openSigner(signingKeys);
  const append = appendRecord(ports, signer);
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
    acceptEvents: acceptEvents(ports, providerOfConfig(ports), hashVisitors(saltOfDay(ports))),
    fanOutEvents: fanOutEvents(ports),
    dispatchBatch: dispatchBatch(ports, findProvider),
    giveUpBatch: giveUpBatch(ports),
    readReceipt: readReceipt(ports),
    listEvents: listEvents(ports),
    listDeadLetters: listDeadLetters(ports),
    requestResend: requestResend(ports),
    readResend: readResend(ports),
    runResend: runResend(ports),
    providerOfConfig: providerOfConfig(ports),
    previewFilter: previewFilter(ports),
    evaluateFlags: evaluateFlags(ports),
    readFunnel: readFunnel(ports),
    readUsage: readUsage(ports),
    describeUsage: describeUsage(ports),
    checkBooks: checkBooks(ports),
    reconcileBooks: reconcileBooks(ports),
    compactUsage: compactUsage(ports),
    sweepOverdue: sweepOverdue(ports),
    destroySalts: destroySalts(ports, signer),
    deferWhileUnavailable: deferWhileUnavailable(ports),
    checkReadiness: checkReadiness(ports),
    createConsentConfig: createConsentConfig(ports),
    getConsentConfig: (tenantId: string, id: string) => requireConsentConfig(ports, tenantId, id),
    listConsentConfigs: listConsentConfigs(ports),
    patchConsentConfig: patchConsentConfig(ports),
    publishConsentConfig: publishConsentConfig(ports),
    archiveConsentConfig: archiveConsentConfig(ports),
    listConsentVersions: listConsentVersions(ports),
    getConsentVersion: getConsentVersion(ports),
    readPublicConfig: readPublicConfig(ports),
    signingPublicKeys: signer.publicKeys,
    recordDecision: recordDecision(ports, append),
    revokeConsent: revokeConsent(append),
    readConsent: readConsent(ports),
    listConsent: listConsent(ports),
    verifyChain: verifyChain(ports, signer),
  };
}

export type UseCases = ReturnType<typeof composeUseCases>;
