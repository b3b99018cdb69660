import { lookup, Resolver } from "node:dns/promises";

/** Answers the IP addresses of a name; throws when there are none. */
export type ResolveAddresses = (hostname: string) => Promise<readonly string[]>;

/** As the machine resolves: with its hosts file and search domains, for local work. */
export const resolveLikeTheMachine: ResolveAddresses = async (hostname) =>
  (await lookup(hostname, { all: true, order: "verbatim" })).map(({ address }) => address);

/**
 * Asks DNS itself, IPv4 addresses first. The machine's own resolver would be wrong for tenants' names: it runs on a few threads that one
 * unanswering name server could hold for everybody, and it completes names with search domains of our network.
 */
export function createDnsResolver(): ResolveAddresses {
  const resolver = new Resolver({ timeout: 1_500, tries: 2 });
  return async (hostname) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    if (four.status === "rejected" && six.status === "rejected") throw four.reason;
    return [...(four.status === "fulfilled" ? four.value : []), ...(six.status === "fulfilled" ? six.value : [])];
  };
}
