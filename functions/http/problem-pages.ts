import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Route, route } from "../../shared/http/route.ts";
import { type ProblemCode, problems } from "../../shared/problems/catalogue.ts";
import { Problem } from "../../shared/problems/problem.ts";

const folder = new URL("../../docs/problems/", import.meta.url);

/** The documentation page of each problem, at the URL that its `type` names. */
export const problemPageRoutes = (): Route[] => [
  route({
    method: "GET",
    path: "/problems/{code}",
    versions: "unversioned",
    summary: "What a problem means and what to do about it",
    access: "public",
    params: z.object({ code: z.string().max(64) }),
    handle: async ({ params }) => {
      if (!Object.hasOwn(problems, params.code)) {
        throw new Problem("not-found", "no problem has this code");
      }
      return { status: 200, body: pageOf(params.code as ProblemCode), headers: { "content-type": "text/markdown; charset=utf-8" } };
    },
  }),
];

const pageOf = (code: ProblemCode): string => readFileSync(new URL(`${code}.md`, folder), "utf8");
