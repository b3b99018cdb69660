import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./public-address.ts";
import type { ResolveAddresses } from "./resolve-addresses.ts";

/** A name leads to an address that is not public. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
}

/** The addresses of a name, all public. Throws TargetRefused if one is not: the sender of a mixed answer could choose which one we get. */
export async function resolvePublic(hostname: string, resolve: ResolveAddresses): Promise<readonly string[]> {
  const addresses = await resolve(hostname);
  if (!addresses.every(isPublicAddress)) throw new TargetRefused("its host has an address that is not a public one");
  return addresses;
}

/**
 * Puts `resolve` in the place of a socket's own resolution. What it answers is what the socket connects to; nothing resolves the
 * name a second time, so that an answer which changes after the check (DNS rebinding) changes nothing.
 */
export function createLookup(resolve: ResolveAddresses): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
        const first = found[0];
        if (!first) callback(new Error("the name has no address"), "", 0);
        else if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}
