import type { SaltOfDay } from "../visitors/salts.ts";
import { visitorHash } from "../visitors/visitor-hash.ts";
import type { PreparedEvent } from "./prepare-event.ts";

/** Gives each event of a tenant its visitor's hash of the day, where address and user agent are known and the salt can be had. */
export type HashVisitors = (tenantId: string, events: readonly PreparedEvent[]) => Promise<readonly PreparedEvent[]>;

/** The hash is made while the address is at hand, and kept instead of it: whoever sends the event again needs it too. */
export const hashVisitors =
  (saltOfDay: SaltOfDay): HashVisitors =>
  async (tenantId, events) => {
    const isKnown = ({ client_ip, content }: PreparedEvent) => client_ip !== undefined && content.user_agent !== undefined;
    const salt = events.some(isKnown) ? await saltOfDay() : undefined;
    return salt === undefined ? events : events.map((event) => hashed(salt, tenantId, event));
  };

function hashed(salt: Buffer, tenantId: string, event: PreparedEvent): PreparedEvent {
  const { content, client_ip } = event;
  const visitor_hash = visitorHash(salt, { tenantId, pageUrl: content.page_url, ip: client_ip, userAgent: content.user_agent });
  return visitor_hash === undefined ? event : { ...event, content: { ...content, visitor_hash } };
}
