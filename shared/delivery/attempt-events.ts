import type { Config } from "../configs/config.ts";
import { areNewer, pointerToReference, readSecrets } from "../configs/read-secrets.ts";
import type { DeliverableEvent } from "../events/event.ts";
import type { Ports } from "../ports/ports.ts";
import type { ProviderDefinition, Verdict } from "../providers/definition.ts";
import type { AttemptResult } from "./attempt-result.ts";
import type { Observation } from "./breaker.ts";
import { type Course, newCourse } from "./course.ts";
import { lateness } from "./disposition.ts";
import { type GatedEvent, gateEvents } from "./gate-events.ts";
import { isRefused, observeResults } from "./observe-results.ts";
import { type Sent, sendRequests } from "./send-requests.ts";

/** After the gate was asked, requests may begin this long; then it is asked again. So long, at most, a revocation is not heard. */
const freshMs = 1_000;

type Secrets = Readonly<Record<string, string>>;

export type AttemptPorts = Pick<Ports, "store" | "secrets" | "http" | "clock">;

/** What trying brought. */
export interface Attempted extends Sent {
  readonly seen: Observation;
}

/**
 * Tries to send events to a config. Every event has exactly one result, or is `unsent`: not its turn. A probe reads secrets as the vault has
 * them now. Throws when a store or the vault can't answer.
 */
export async function attemptEvents(
  ports: AttemptPorts,
  definition: ProviderDefinition,
  config: Config,
  events: readonly DeliverableEvent[],
  isProbe = false,
): Promise<Attempted> {
  const { late, timely } = byLateness(events, config, ports.clock.now());
  const results: AttemptResult[] = [...late];
  let bytes = 0;
  let secrets: Secrets | undefined;
  let isRefreshed = isProbe;
  const course = newCourse(ports.clock.now());
  let waiting: readonly DeliverableEvent[] = timely;
  while (waiting.length > 0 && !course.isOver(ports.clock.now())) {
    const gated = await gateEvents(ports.store, config, definition, waiting, ports.clock.now());
    const freshUntil = ports.clock.now() + freshMs;
    results.push(...gated.filter(({ sendable }) => sendable === undefined).map(suppressed));
    const allowed = gated.filter(({ sendable }) => sendable !== undefined);
    if (allowed.length === 0) {
      waiting = [];
      break;
    }
    const read = secrets === undefined ? await secretsToSend(ports, config, definition, { refresh: isProbe }) : { values: secrets };
    if ("missing" in read) {
      results.push(...allowed.map((event) => secretMissing(event, ports.clock.now())));
      const reason = `${pointerToReference(read.missing)}: the vault does not have this secret for this tenant`;
      return { results, bytes, unsent: [], seen: { kind: "refused", reason } };
    }
    secrets = read.values;
    const sent: Sent = await sendGated(ports, definition, { ...configOf(config), secrets }, allowed, freshUntil, course);
    bytes += sent.bytes;
    const refusals: readonly AttemptResult[] = isRefreshed ? [] : sent.results.filter(isRefused);
    const newer: Secrets | undefined = refusals.length === 0 ? undefined : await newerSecrets(ports, definition, config, secrets);
    isRefreshed ||= refusals.length > 0;
    const again = newer === undefined ? [] : refusals;
    secrets = newer ?? secrets;
    results.push(...sent.results.filter((result) => !again.includes(result)));
    waiting = [...again.map(({ event }) => event), ...sent.unsent];
  }
  return { results, bytes, unsent: waiting, seen: observeResults(results, Object.keys(secrets ?? {}).map(pointerToReference)) };
}

function configOf({ settings, credentials, verification }: Config) {
  const capabilities = verification?.capabilities;
  return { settings, credentials, ...(capabilities === undefined ? {} : { capabilities }) };
}

/** Sends what the gate let through; results and what was not sent any more name the events as they came. */
async function sendGated(
  ports: AttemptPorts,
  definition: ProviderDefinition,
  config: Parameters<typeof sendRequests>[2],
  allowed: readonly GatedEvent[],
  startBy: number,
  course: Course,
): Promise<Sent> {
  const byId = new Map(allowed.map((event) => [event.original.id, event]));
  const sendable = allowed.map((event) => event.sendable!);
  const { results, bytes, unsent } = await sendRequests(ports, definition, config, sendable, startBy, course);
  const named = results.map((result) => {
    const { original, consent } = byId.get(result.event.id)!;
    return { ...result, event: original, ...(consent === undefined ? {} : { consent }) };
  });
  return { results: named, bytes, unsent: unsent.map(({ id }) => byId.get(id)!.original) };
}

async function secretsToSend(
  ports: AttemptPorts,
  config: Config,
  { secretsToSend: needed = [], optionalSecretsToSend: wanted = [] }: ProviderDefinition,
  options: { refresh: boolean },
): ReturnType<typeof readSecrets> {
  const optional = wanted.filter((name) => config.credentials[name] !== undefined);
  return readSecrets(ports, config, [...needed, ...optional], options);
}

/** What the vault has now, if it is something else than what the provider just refused (spec 5.1). */
async function newerSecrets(
  ports: AttemptPorts,
  definition: ProviderDefinition,
  config: Config,
  refused: Secrets,
): Promise<Secrets | undefined> {
  const newer = Object.keys(refused).length === 0 ? undefined : await secretsToSend(ports, config, definition, { refresh: true });
  return newer !== undefined && "values" in newer && areNewer(newer.values, refused) ? newer.values : undefined;
}

function suppressed({ original: event, refusal, consent }: GatedEvent): AttemptResult {
  const verdict: Verdict = { verdict: "suppressed", reason: refusal!, detail: "as the visitor's consent stands now" };
  return { event, verdict, ...(consent === undefined ? {} : { consent }) };
}

/** An attempt that failed on our side. */
function secretMissing({ original: event, consent }: GatedEvent, now: number): AttemptResult {
  const reason = "a secret that the config refers to can't be read";
  const attempt = { at: new Date(now).toISOString(), duration_ms: 0, failure: reason };
  return { event, verdict: { verdict: "retry", reason }, attempt, ...(consent === undefined ? {} : { consent }) };
}

/** Tells events that come too late for a config, as results, from those that don't. */
export function byLateness(events: readonly DeliverableEvent[], config: Config, now: number) {
  const late: AttemptResult[] = [];
  const timely: DeliverableEvent[] = [];
  for (const event of events) {
    const reason = lateness(event, config, now);
    if (reason === undefined) {
      timely.push(event);
    } else {
      late.push({ event, verdict: { verdict: "expired", reason } });
    }
  }
  return { late, timely };
}
