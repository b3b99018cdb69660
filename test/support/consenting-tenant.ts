import { makeKey } from "./furnished-tenant.ts";
import { type Gateway, newTenant } from "./gateway.ts";

const consentConfigs = "/analytics/cookie-consent/configs";

/** A tenant that has published a consent config, with a key for its servers and one for its pages. */
export async function consentingTenant(gateway: Gateway) {
  const { id, key } = await newTenant(gateway, ["analytics:read", "analytics:write", "consent:write"]);
  const { key: siteKey } = await makeKey(gateway, id, { kind: "site", allowed_domains: ["www.club.example"] });
  const categories = { functional: { enabled: false } };
  const { body } = await gateway.call("POST", consentConfigs, { key, body: { display_name: "Club", categories } });
  const published = await gateway.call("POST", `${consentConfigs}/${body.id}/publish`, { key, body: {} });
  if (published.status !== 200) {
    throw new Error(`nothing is published: ${published.text}`);
  }
  return { id, key, siteKey, config: body.id as string };
}
