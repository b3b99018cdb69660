import ipaddr from "ipaddr.js";

/** Azure's WireServer: a public address by its number that answers only inside a virtual machine's host. */
const hostServices = new Set(["168.63.129.16"]);

/** All of global unicast IPv6 that IANA has opened so far (RFC 4291, section 2.4); the library calls the unassigned rest unicast too. */
const globalUnicast = ipaddr.parseCIDR("2000::/3");

/**
 * Says whether an IP address is one of the public internet. Everything of the special-purpose registries (RFC 6890) is not:
 * private, loopback, link-local, carrier-grade NAT, multicast, documentation, benchmarking, and every IPv6 form that embeds an
 * IPv4 address (mapped, NAT64, 6to4, Teredo), because the embedded address is where the packets would go. No address, no.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" ? !hostServices.has(parsed.toString()) : parsed.match(globalUnicast);
}
