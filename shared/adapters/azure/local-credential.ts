import type { TokenCredential } from "@azure/identity";

/** What tells a vault on this machine who we are: nothing is at stake there. */
export const localCredential: TokenCredential = { getToken: async () => ({ token: "local", expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
