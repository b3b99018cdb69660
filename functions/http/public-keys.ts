import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { type Route, route } from "../../shared/http/route.ts";

/** Seconds; a new key signs at once, and whoever checks with an old list sees an unknown `key_id` and asks again. */
const maxAge = 300;

/** The keys that receipts are checked with, for everybody. */
export const publicKeyRoutes = (use: UseCases): Route[] => [
  route({
    method: "GET",
    path: "/consent/public-keys",
    summary: "The public keys of the gateway's signatures, oldest first",
    access: "public",
    handle: async () => ({
      status: 200,
      body: { keys: await use.signingPublicKeys() },
      headers: { "cache-control": `public, max-age=${maxAge}` },
    }),
  }),
];
