import { randomUUID } from "node:crypto";
import type { DeliverableEvent } from "../shared/events/event.ts";

export const visitors = 200;

/**
 * Events as they wait for a provider: seven of ten are page views, the others custom events, purchases and a few identifications, of
 * visitors who come and go at random, half of them signed in. All agreed to everything.
 */
export function mixedEvents(count: number): DeliverableEvent[] {
  const now = new Date().toISOString();
  const random = sequence();
  return Array.from({ length: count }, (_, at) => {
    const visitor = Math.floor(random() * visitors);
    return {
      id: randomUUID(),
      ...kindOf(random(), at),
      anonymous_id: `visitor-${visitor}`,
      ...(visitor % 2 === 0 ? { user_id: `user-${visitor}` } : {}),
      page_url: `https://example.org/matches/${at % 97}`,
      page_title: "Match report",
      referrer: "https://www.example.com/search?q=carreau",
      user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
      language: "sv-SE",
      client_ip: `198.51.100.${visitor}`,
      consent: { analytics: true, marketing: true },
      occurred_at: now,
      received_at: now,
    };
  });
}

function kindOf(chance: number, at: number): Pick<DeliverableEvent, "event_name" | "event_properties" | "revenue"> {
  if (chance < 0.7) {
    return { event_name: "pageview", event_properties: { section: "matches", logged_in: false } };
  }
  if (chance < 0.9) {
    return { event_name: "Newsletter signup", event_properties: { plan: "pro", seats: at % 9 } };
  }
  if (chance < 0.98) {
    const items = [{ item_id: `ball-${at % 7}`, item_name: "Boule", price: 24.95, quantity: 2 }];
    return {
      event_name: "purchase",
      event_properties: { transaction_id: `order-${at}`, items },
      revenue: { amount: 49.9, currency: "EUR" },
    };
  }
  return { event_name: "identify", event_properties: { plan: "pro" } };
}

/** The same numbers from 0 to 1 in every run (Numerical Recipes' generator). */
function sequence(): () => number {
  let state = 20_261_121;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
