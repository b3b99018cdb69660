import { isIP } from "node:net";
import type { GatewayRequest } from "../ports/function-host.ts";

/**
 * The address a request came from: the last entry of `X-Forwarded-For` is who connected to the host (both hosts add it),
 * and each of our own proxies in front adds one more. Entries further left are anybody's claim.
 * @param trustedProxyHops how many proxies of ours stand in front of the host
 */
export function clientAddress(request: GatewayRequest, trustedProxyHops: number): string | undefined {
  const entries = request.headers.get("x-forwarded-for")?.split(",") ?? [];
  return plainAddress((entries[Math.max(0, entries.length - 1 - trustedProxyHops)] ?? "").trim());
}

/** Without port, brackets, zone, or the IPv6 form of an IPv4 address; `undefined` if it is no address. */
function plainAddress(entry: string): string | undefined {
  const host = /^\[([^\]]+)\](:\d+)?$/.exec(entry)?.[1] ?? (/^[\d.]+:\d+$/.test(entry) ? entry.slice(0, entry.indexOf(":")) : entry);
  const address = host
    .toLowerCase()
    .replace(/%.*$/, "")
    .replace(/^::ffff:(?=\d+\.)/, "");
  return isIP(address) === 0 ? undefined : address;
}
