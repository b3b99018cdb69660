import { hash } from "node:crypto";
import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { acceptedLanguages } from "../../shared/http/accept-language.ts";
import { entityTag, isKnown } from "../../shared/http/entity-tag.ts";
import { type Route, route } from "../../shared/http/route.ts";

const maxAgeSeconds = 300;

/** What a page's banner asks before it shows itself. */
export const consentPublicRoutes = (use: UseCases): Route[] => [
  route({
    method: "GET",
    path: "/consent/config",
    summary: "The published consent config in the visitor's language, and whether a banner is needed",
    access: { scope: "consent:write", siteKey: true },
    query: z.strictObject({
      language: z
        .string()
        .max(35)
        .regex(/^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$/, "a language tag such as sv-SE")
        .optional()
        .describe("Default: what Accept-Language says."),
    }),
    problems: ["not-found"],
    handle: async ({ principal, query, header, countryHeader }) => {
      const config = await use.readPublicConfig(principal.tenant_id, {
        languages: query.language === undefined ? acceptedLanguages(header("accept-language")) : [query.language],
        country: countryHeader === undefined ? undefined : header(countryHeader),
      });
      const tag = hash("sha256", JSON.stringify(config), "base64url").slice(0, 22);
      const headers = {
        etag: entityTag(tag),
        // With the key in a header the URL alone does not say whose config it is: no shared cache may keep that.
        "cache-control": `${header("authorization") === undefined ? "public" : "private"}, max-age=${maxAgeSeconds}`,
        vary: [
          "Origin",
          "Authorization",
          ...(query.language === undefined ? ["Accept-Language"] : []),
          ...(countryHeader === undefined ? [] : [countryHeader]),
        ].join(", "),
        "content-language": config.language,
      };
      return isKnown(header("if-none-match"), tag) ? { status: 304, headers } : { status: 200, body: config, headers };
    },
  }),
];
