import type { Config } from "../configs/config.ts";
import { type ActiveConsentConfig, activeConsentId } from "../consent/consent-config.ts";
import { type ConsentRecord, newestRecord } from "../consent/consent-record.ts";
import { visitorOf } from "../consent/find-visitor.ts";
import { type ConsentDecision, type ConsentFacts, type ConsentRefusal, decideConsent, grantedConsent } from "../consent/gate.ts";
import { withoutIdentity } from "../consent/without-identity.ts";
import type { DeliverableEvent } from "../events/event.ts";
import type { DocumentStore } from "../ports/document-store.ts";
import type { ProviderDefinition } from "../providers/definition.ts";
import type { ConsentView } from "./delivery.ts";

/** An event after the gate. */
export interface GatedEvent {
  /** As it came; what is recorded and tried again. */
  readonly original: DeliverableEvent;
  /** As it may leave now; absent when it may not. */
  readonly sendable?: DeliverableEvent;
  readonly refusal?: ConsentRefusal;
  /** For the receipt; absent when nobody was asked for anything and nobody said anything. */
  readonly consent?: ConsentView;
}

/** What makes no sense of nobody: it says who somebody is. */
const identifyingEvents = ["identify", "alias"];

/**
 * Decides for each event whether it may leave now, and as what: the one place that asks the gate, at every attempt. Reads the tenant's
 * published consent config once and each visitor's newest record once; a store that can't answer throws, and nothing is sent.
 */
export async function gateEvents(
  store: Pick<DocumentStore, "get">,
  config: Config,
  { consent }: ProviderDefinition,
  events: readonly DeliverableEvent[],
  now: number,
): Promise<GatedEvent[]> {
  const tenantId = config.tenant_id;
  const rule = {
    category: config.consent_category,
    isRequired: config.require_cookie_consent || (consent.alwaysRequired?.(config.settings) ?? false),
  };
  const active = (await store.get<ActiveConsentConfig>("consent-configs", tenantId, activeConsentId))?.document;
  const records = active === undefined ? new Map<string, undefined>() : await recordsOf(store, tenantId, events);
  return events.map((original) => {
    const visitor = visitorOf(original);
    const record = visitor === undefined ? undefined : records.get(visitor.id);
    const signals = {
      do_not_track: original.do_not_track ?? false,
      global_privacy_control: original.global_privacy_control ?? false,
    };
    const found = visitor === undefined || record === undefined ? undefined : { record, foundBy: visitor.foundBy };
    const facts: ConsentFacts = { tenantId, found, active, signals, claim: original.consent, now };
    const decided = decideConsent(rule, facts);
    const decision: ConsentDecision =
      decided.send === "unidentified" && identifyingEvents.includes(original.event_name) ? { ...decided, send: "nothing" } : decided;
    const isNews = rule.isRequired || record !== undefined || signals.do_not_track || signals.global_privacy_control;
    return {
      original,
      ...outgoing(original, decision, facts),
      ...(isNews ? { consent: viewOf(decision, rule.category, record, signals) } : {}),
    };
  });
}

async function recordsOf(
  store: Pick<DocumentStore, "get">,
  tenantId: string,
  events: readonly DeliverableEvent[],
): Promise<ReadonlyMap<string, ConsentRecord | undefined>> {
  const ids = [...new Set(events.flatMap((event) => visitorOf(event)?.id ?? []))];
  return new Map(await Promise.all(ids.map(async (id) => [id, await newestRecord(store, tenantId, id)] as const)));
}

/** The sender's claim never leaves: what the record says takes its place. */
function outgoing(original: DeliverableEvent, decision: ConsentDecision, facts: ConsentFacts): Pick<GatedEvent, "sendable" | "refusal"> {
  switch (decision.send) {
    case "identified":
      return { sendable: { ...original, consent: grantedConsent(facts) } };
    case "unidentified":
      return { sendable: withoutIdentity(original) };
    case "nothing":
      return { refusal: decision.reason };
  }
}

function viewOf(
  decision: ConsentDecision,
  category: string,
  record: ConsentRecord | undefined,
  signals: ConsentFacts["signals"],
): ConsentView {
  const { do_not_track, global_privacy_control } = signals;
  return {
    sent: decision.send,
    category,
    ...(decision.send === "identified" ? {} : { reason: decision.reason }),
    ...(record === undefined ? {} : { record_id: record.record_id, config_id: record.config_id, config_version: record.config_version }),
    ...(do_not_track ? { do_not_track } : {}),
    ...(global_privacy_control ? { global_privacy_control } : {}),
  };
}
