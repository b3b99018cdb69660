import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Route, route } from "../../shared/http/route.ts";

const page = readFileSync(new URL("./status-page.html", import.meta.url), "utf8");
const hashOf = (tag: string) => {
  const [, text = ""] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page) ?? [];
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
};
const policy = `default-src 'none'; connect-src 'self'; script-src ${hashOf("script")}; style-src ${hashOf("style")}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A page that shows what came in and what went out, live; it asks the ordinary API with the key in its own `#key=`. */
export const statusPageRoutes = (): Route[] => [
  route({
    method: "GET",
    path: "/",
    versions: "unversioned",
    summary: "The status page",
    access: "public",
    handle: async () => ({
      status: 200,
      body: page,
      headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy, "referrer-policy": "no-referrer" },
    }),
  }),
];
