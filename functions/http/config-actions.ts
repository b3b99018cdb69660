import { z } from "zod";
import type { UseCases } from "../../shared/composition/compose-use-cases.ts";
import { entityTag } from "../../shared/http/entity-tag.ts";
import { type Route, route } from "../../shared/http/route.ts";
import { answer, bytesMax, changeOf, forceQuery, params, problems, write } from "./config-requests.ts";

const path = "/analytics/{provider}/configs/{id}" as const;
const body = {
  mediaTypes: ["application/json"],
  bytesMax,
  schema: z.strictObject({ reason: z.string().max(500).optional() }).optional(),
  optional: true,
} as const;

/** What can be done to a config beside changing its settings. */
export const configActionRoutes = (use: UseCases): Route[] => [
  route({
    method: "POST",
    path: `${path}/verify`,
    summary: "Find out whether a config's credentials work, without leaving an event behind",
    access: write,
    params,
    problems: [...problems, "precondition-failed", "conflict"],
    handle: async (input) => {
      const { document, etag } = await use.verifyConfig(changeOf(input));
      return { status: 200, body: { ...document.verification }, headers: { etag: entityTag(etag) } };
    },
  }),
  route({
    method: "POST",
    path: `${path}/activate`,
    summary: "The activate action of a config's lifecycle; verifies it first, and refuses what failed unless `force` is true",
    access: write,
    params,
    query: forceQuery,
    body,
    problems: [...problems, "precondition-failed", "transition-not-allowed", "verification-failed", "conflict"],
    handle: async (input) => {
      const change = { ...changeOf(input), force: input.query.force };
      return answer(200, await use.transitionConfig(change, "active", input.body?.reason));
    },
  }),
  ...(
    [
      ["pause", "paused"],
      ["decommission", "decommissioned"],
    ] as const
  ).map(([action, status]) =>
    route({
      method: "POST",
      path: `${path}/${action}`,
      summary: `The ${action} action of a config's lifecycle`,
      access: write,
      params,
      body,
      problems: [...problems, "precondition-failed", "transition-not-allowed"],
      handle: async (input) => answer(200, await use.transitionConfig(changeOf(input), status, input.body?.reason)),
    }),
  ),
];
