import type { GatewayUnderClock } from "./gateway-under-clock.ts";

/** What a visitor said; `undecided` keeps changing its mind while events are on their way. */
const stances = [
  "no_record",
  "denied",
  "expired",
  "revoked",
  "other_version",
  "other_tenant",
  "do_not_track",
  "global_privacy_control",
  "granted",
  "undecided",
] as const;
export type Stance = (typeof stances)[number];

export interface CrowdVisitor {
  readonly stance: Stance;
  readonly number: number;
  /** Whatever a site may know a visitor by; all of it carries the same mark, so that it is found wherever it goes. */
  readonly visitor_id: string;
  readonly user_id: string;
  readonly anonymous_id: string;
}

/** Marks of visitors in any text: group 1 is the visitor's number. */
export const visitorMarks = /stable[uav](\d+)x/g;

const dayMs = 86_400_000;

/** Visitors of every stance, as many of each. */
export function crowdOf(perStance: number): CrowdVisitor[] {
  return stances.flatMap((stance, kind) =>
    Array.from({ length: perStance }, (_, at) => {
      const number = kind * perStance + at;
      return { stance, number, visitor_id: `stablev${number}x`, user_id: `stableu${number}x`, anonymous_id: `stablea${number}x` };
    }),
  );
}

interface Club {
  readonly id: string;
  readonly key: string;
  readonly siteKey: string;
}

/** A tenant that may do everything, with a site key and a published banner that asks for analytics and marketing. */
export async function newClub({ call, adminKey }: GatewayUnderClock, consentDays: number): Promise<Club & { readonly banner: string }> {
  const id = (await call("POST", "/v1/admin/tenants", { key: adminKey, body: { name: "Club", tier: "standard" } })).body.id as string;
  const scopes = ["analytics:read", "analytics:write", "events:write", "consent:write"];
  const keys = `/v1/admin/tenants/${id}/keys`;
  const { key } = (await call("POST", keys, { key: adminKey, body: { kind: "secret", scopes } })).body;
  const site = await call("POST", keys, { key: adminKey, body: { kind: "site", allowed_domains: ["club.example"] } });
  const configs = "/analytics/cookie-consent/configs";
  const banner = (
    await call("POST", configs, {
      key,
      body: {
        display_name: "Banner",
        consent_expiry_days: consentDays,
        do_not_track_scope: "all",
        categories: { analytics: { cookie_names: ["_ga"] } },
      },
    })
  ).body.id as string;
  await published(call, key, banner);
  return { id, key, siteKey: site.body.key, banner };
}

async function published(call: GatewayUnderClock["call"], key: string, banner: string): Promise<void> {
  const answer = await call("POST", `/analytics/cookie-consent/configs/${banner}/publish`, { key, body: {} });
  if (answer.status !== 200) {
    throw new Error(`not published: ${answer.text}`);
  }
}

/** Records a visitor's decision as a page does; resolves when it is answered. */
export async function decide({ call }: GatewayUnderClock, { siteKey }: Club, visitor: CrowdVisitor, granted: boolean): Promise<void> {
  const decisions = { analytics: granted, marketing: granted };
  const headers = { origin: "https://club.example" };
  const body = { visitor_id: visitor.visitor_id, decisions };
  const answer = await call("POST", `/consent/records?key=${siteKey}`, { body, headers });
  if (answer.status !== 201) {
    throw new Error(`not recorded: ${answer.text}`);
  }
}

/** Takes a visitor's consent back. */
export async function revoke({ call }: GatewayUnderClock, { key }: Club, { visitor_id }: CrowdVisitor): Promise<void> {
  const answer = await call("POST", `/consent/records/${visitor_id}/revoke`, { key, body: {} });
  if (answer.status !== 201) {
    throw new Error(`not revoked: ${answer.text}`);
  }
}

/**
 * Has every visitor say what it says, and time pass where that matters. The banner's second version has another cookie for analytics,
 * and consent given to it lasts one day; the third lasts longer and is otherwise the same.
 */
export async function takeStances(gateway: GatewayUnderClock, jump: (ms: number) => void, crowd: readonly CrowdVisitor[]): Promise<Club> {
  const club = await newClub(gateway, 365);
  const other = await newClub(gateway, 365);
  const those = (...which: Stance[]) => crowd.filter(({ stance }) => which.includes(stance));
  const publish = async (change: object) => {
    await gateway.call("PATCH", `/analytics/cookie-consent/configs/${club.banner}`, { key: club.key, body: change });
    await published(gateway.call, club.key, club.banner);
  };
  await Promise.all(those("other_version").map((visitor) => decide(gateway, club, visitor, true)));
  await publish({ consent_expiry_days: 1, categories: { analytics: { cookie_names: ["_ga", "_gat"] } } });
  await Promise.all(those("expired").map((visitor) => decide(gateway, club, visitor, true)));
  jump(2 * dayMs);
  await publish({ consent_expiry_days: 365 });
  await Promise.all(those("other_tenant").map((visitor) => decide(gateway, other, visitor, true)));
  await Promise.all(those("denied").map((visitor) => decide(gateway, club, visitor, false)));
  const yes = those("granted", "revoked", "do_not_track", "global_privacy_control");
  await Promise.all(yes.map((visitor) => decide(gateway, club, visitor, true)));
  await Promise.all(those("revoked").map((visitor) => revoke(gateway, club, visitor)));
  return club;
}
