import type { GatewayRequest } from "../ports/function-host.ts";
import { Problem } from "../problems/problem.ts";

/** Refuses a request whose `Accept` leaves out what we answer: the most precise range that matches counts (RFC 9110, section 12.5.1). */
export function requireAcceptable(request: GatewayRequest, offered: string): void {
  const accept = request.headers.get("accept");
  if (accept === null || accept === "" || accept === "*/*") {
    return;
  }
  const ranges = accept.split(",").map((range) => range.split(";").map((part) => part.trim().toLowerCase()));
  const [type] = offered.split("/");
  const closest = [offered, `${type}/*`, "*/*"]
    .map((name) => ranges.find(([range]) => range === name))
    .find((range) => range !== undefined);
  if (closest === undefined || closest.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) {
    throw new Problem("not-acceptable", `the answer is ${offered}`, { extensions: { header: "Accept" } });
  }
}

/** Refuses a body of a media type that the route does not take; parameters other than a UTF-8 charset too. */
export function requireMediaType(request: GatewayRequest, allowed: readonly string[]): void {
  const header = request.headers.get("content-type") ?? "";
  const [name = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  if (!allowed.includes(name) || (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))) {
    throw new Problem("media-type-unsupported", `send ${allowed.join(" or ")} in UTF-8`, {
      extensions: { header: "Content-Type", supported: allowed },
    });
  }
}
