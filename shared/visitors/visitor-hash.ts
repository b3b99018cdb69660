import { createHmac } from "node:crypto";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { hostOf } from "../tenants/domain.ts";

/** 128 bits in hex: short enough for every provider's id of a visitor, and no two visitors of a day share one. */
const hexDigits = 32;

/** What tells the visitors of a day apart without cookies. */
export interface Visitor {
  readonly tenantId: string;
  readonly pageUrl: string | undefined;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
}

/**
 * HMAC-SHA256 of tenant, site, address and user agent under a period's salt (spec 6.2), in hex; the site is the page's host. `undefined` when address or
 * user agent is unknown: too many visitors would be one.
 */
export function visitorHash(salt: Buffer, { tenantId, pageUrl, ip, userAgent }: Visitor): string | undefined {
  if (ip === undefined || userAgent === undefined) {
    return undefined;
  }
  const site = (pageUrl === undefined ? undefined : hostOf(pageUrl))?.toLowerCase() ?? "";
  // As JSON, so that no two lists of four texts are one text.
  const text = JSON.stringify([tenantId, site, plainAddress(ip), userAgent]);
  return createHmac("sha256", salt).update(text).digest("hex").slice(0, hexDigits);
}

/** The same address in one spelling, also when it is an IPv4 address written as IPv6. */
const plainAddress = (ip: string): string => (isIP(ip) === 6 ? ipaddr.process(ip).toString() : ip);
