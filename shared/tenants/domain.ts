import { z } from "zod";

/** A host name that is allowed, or `*.` before one for all of its subdomains. Ports don't count. */
export const allowedDomain = z
  .string()
  .max(253)
  .transform((domain) => domain.toLowerCase())
  .pipe(
    z
      .string()
      .regex(
        /^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
        "a host name such as example.org or *.example.org",
      ),
  );

export const allowedDomains = z.array(allowedDomain).max(100);

/** Whether a host name is among the allowed ones. */
export function isDomainAllowed(host: string, allowed: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return allowed.some((domain) => (domain.startsWith("*.") ? name.endsWith(domain.slice(1)) : name === domain));
}

/** The host name of a URL, or `undefined` when it has none. */
export function hostOf(url: string): string | undefined {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "" ? undefined : host;
}
