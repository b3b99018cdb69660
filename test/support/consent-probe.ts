import type { Queue } from "../../shared/ports/queue.ts";
import { providers } from "../../shared/providers/registry.ts";
import { isBalanced as isBalancedHour } from "../../shared/usage/hour-counters.ts";
import { total } from "../../shared/usage/read-usage.ts";
import { type CrowdVisitor, crowdOf, decide, revoke, takeStances } from "./consent-crowd.ts";
import { Grants, judge, type Posted, type ProbedConfig } from "./consent-judge.ts";
import { type GatewayUnderClock, startGatewayUnderClock } from "./gateway-under-clock.ts";
import { MovingClock } from "./moving-clock.ts";
import { startWireTap } from "./wire-tap.ts";

const dayMs = 86_400_000;
const minuteMs = 60_000;
const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** What went over the providers' sockets, held against what visitors had said. */
export interface ProbeReport {
  readonly events: number;
  readonly requests: number;
  /** Events of a config that requires consent without a valid grant at the moment of sending. */
  readonly leaked: readonly string[];
  /** Requests that held what identifies a visitor who had not granted it. */
  readonly identified: readonly string[];
  /** Ids that one visitor who had not consented kept from one day to the next. */
  readonly lasting: readonly string[];
  /** Events of visitors who granted that did not arrive everywhere, and of refusing ones that were not counted where they may be. */
  readonly missing: readonly string[];
  /** Events that arrived within the time that a revocation may take. */
  readonly inFlight: number;
  /** Messages that were handled, left on their queue, and given out again. */
  readonly cameAgain: number;
  readonly booksBalance: boolean;
}

/**
 * Sends events of visitors of every stance through the gateway over real HTTP, to configs of all providers, those that require consent
 * and those that don't, on two days, while visitors change their minds, requests fail, and messages are delivered twice.
 */
export async function probeConsent({
  events: count,
  seed = 1,
  perStance = 20,
}: {
  events: number;
  seed?: number;
  perStance?: number;
}): Promise<ProbeReport> {
  const dice = diceOf(seed);
  const clock = new MovingClock();
  let isFailing = false;
  const tap = await startWireTap(() => isFailing && dice() < 0.03);
  const left = leaveOnQueue();
  const gateway = await startGatewayUnderClock(clock, (ports) => ({ ...ports, queue: left.wrap(ports.queue) }));
  try {
    const crowd = crowdOf(perStance);
    const club = await takeStances(gateway, (ms) => clock.jump(ms), crowd);
    const configs = await openConfigs(gateway, club.key, tap);
    const grants = new Grants(crowd);
    const posted = new Map<string, Posted>();
    isFailing = true;
    for (const day of [0, 1]) {
      const minds = changeMinds(gateway, club, crowd, grants, dice);
      await postEvents(gateway, club.key, crowd, posted, count / 2, day, dice);
      await minds.stop();
      await drain(gateway, club.key, configs, clock);
      clock.jump(day === 0 ? dayMs : 0);
    }
    const balanced = await isBalanced(gateway, club.id, configs, count);
    return {
      events: count,
      requests: tap.requests.length,
      ...judge(tap.requests, configs, posted, grants),
      cameAgain: left.cameAgain(),
      booksBalance: balanced,
    };
  } finally {
    await gateway.stop();
    await tap.close();
  }
}

/** A queue that takes one message in so many not off when it was handled, so that it comes again. */
function leaveOnQueue(everyNth = 30) {
  let handled = 0;
  const left = new Set<string>();
  const again = new Set<string>();
  const wrap = (queue: Queue): Queue => ({
    send: (messages) => queue.send(messages),
    receive: async (name, options) => {
      const messages = await queue.receive(name, options);
      for (const { id } of messages.filter((message) => left.has(message.id))) {
        again.add(id);
      }
      return messages;
    },
    complete: async (message) => {
      if (++handled % everyNth > 0) {
        return queue.complete(message);
      }
      left.add(message.id);
      return "settled";
    },
    abandon: (message) => queue.abandon(message),
    deadLetter: (message, reason) => queue.deadLetter(message, reason),
    renewLock: (message) => queue.renewLock(message),
    peekDeadLetters: (name, max) => queue.peekDeadLetters(name, max),
  });
  return { wrap, cameAgain: () => again.size };
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function changeMinds(
  gateway: GatewayUnderClock,
  club: Parameters<typeof decide>[1],
  crowd: readonly CrowdVisitor[],
  grants: Grants,
  dice: () => number,
) {
  const undecided = crowd.filter(({ stance }) => stance === "undecided");
  let isOver = false;
  const change = async () => {
    while (!isOver) {
      const visitor = undecided[Math.floor(dice() * undecided.length)]!;
      // A grant counts from before it is asked for, a revocation once it is answered.
      grants.add(visitor.number, true, Date.now());
      await decide(gateway, club, visitor, true);
      await revoke(gateway, club, visitor);
      grants.add(visitor.number, false, Date.now());
    }
  };
  const changing = change();
  return {
    stop: async () => {
      isOver = true;
      await changing;
    },
  };
}

/** A config per provider as its example is, and one more that requires consent of each. */
async function openConfigs(
  gateway: GatewayUnderClock,
  key: string,
  tap: Awaited<ReturnType<typeof startWireTap>>,
): Promise<ProbedConfig[]> {
  const configs: ProbedConfig[] = [];
  for (const { slug, consent } of providers) {
    for (const requiresConsent of consent.requiredByDefault ? [true] : [false, true]) {
      const name = requiresConsent ? "strict" : "free";
      const settings = tap.endpoints.get(slug)!.exampleSettings(`${tap.url}/${slug}/${name}`);
      const body = { ...settings, require_cookie_consent: requiresConsent };
      const made = await gateway.call("POST", `/analytics/${slug}/configs`, { key, body });
      const active = await gateway.call("POST", `/analytics/${slug}/configs/${made.body.id}/activate`, { key });
      if (active.status !== 200) {
        throw new Error(`no config of ${slug}: ${made.text} ${active.text}`);
      }
      configs.push({ provider: slug, id: made.body.id, name, requiresConsent });
    }
  }
  return configs;
}

async function postEvents(
  { call }: GatewayUnderClock,
  key: string,
  crowd: readonly CrowdVisitor[],
  posted: Map<string, Posted>,
  count: number,
  day: number,
  dice: () => number,
): Promise<void> {
  for (let left = count; left > 0; left -= 100) {
    const events = Array.from({ length: Math.min(100, left) }, () => {
      const visitor = crowd[Math.floor(dice() * crowd.length)]!;
      const mark = `mark${posted.size}x`;
      posted.set(mark, { visitor, mark, day });
      return eventOf(visitor, mark, dice);
    });
    const answer = await call("POST", "/analytics/events", { key, body: { events } });
    if (answer.body.accepted !== events.length) {
      throw new Error(`not accepted: ${answer.text.slice(0, 500)}`);
    }
  }
}

/** Says who its visitor is wherever it can, and claims consent to everything. */
function eventOf({ stance, number, user_id, anonymous_id, visitor_id }: CrowdVisitor, mark: string, dice: () => number) {
  const names = ["pageview", "Signup", "purchase"];
  return {
    event_name: names[Math.floor(dice() * names.length)],
    page_url: `https://club.example/${mark}?uid=${user_id}&gclid=${anonymous_id}&page=2`,
    referrer: `https://other.example/?fbclid=${anonymous_id}`,
    user_id,
    anonymous_id,
    event_properties: { mark, user_id, nested: { deviceId: visitor_id } },
    consent: { analytics: true, marketing: true, functional: true },
    user_agent: browser,
    context: {
      visitor_id,
      ip: `203.0.113.${number % 7}`,
      do_not_track: stance === "do_not_track",
      global_privacy_control: stance === "global_privacy_control",
    },
  };
}

/** Lets time pass until nothing is pending. */
async function drain({ call }: GatewayUnderClock, key: string, configs: readonly ProbedConfig[], clock: MovingClock): Promise<void> {
  for (let round = 0; round < 400; round++) {
    const usages = await Promise.all(configs.map(({ provider, id }) => call("GET", `/analytics/${provider}/configs/${id}/usage`, { key })));
    const total = (name: string) => usages.reduce((sum, { body }) => sum + body.total[name], 0);
    if (total("events_received") > 0 && total("events_pending") === 0) {
      return;
    }
    // Slowly at first, so that what is being sent now is not made late.
    clock.jump(round < 40 ? 0 : minuteMs / 2);
    await new Promise((done) => clock.at(clock.now() + 100, () => done(undefined)));
  }
  const usages = await Promise.all(configs.map(({ provider, id }) => call("GET", `/analytics/${provider}/configs/${id}/usage`, { key })));
  throw new Error(`events are still pending: ${JSON.stringify(usages.map(({ body }) => body.total.outcomes ?? body))}`);
}

async function isBalanced({ use }: GatewayUnderClock, tenantId: string, configs: readonly ProbedConfig[], count: number): Promise<boolean> {
  const usages = await Promise.all(configs.map(({ id }) => use.readUsage({ id: tenantId, event_shards: 1 }, id, { from: 0 })));
  return usages.every(({ hours }) => {
    const counts = total(hours.values());
    return isBalancedHour(counts) && counts["received"] === count && counts["pending"] === 0;
  });
}
