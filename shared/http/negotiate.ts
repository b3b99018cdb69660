import type { GatewayRequest } from "../ports/function-host.ts";
import { Problem } from "../problems/problem.ts";

/** Refuses a request whose `Accept` leaves out what we answer (RFC 9110, section 12.5.1); a range with `q=0` does not count. */
export function requireAcceptable(request: GatewayRequest, offered: string): void {
  const accept = request.headers.get("accept");
  if (accept === null || accept === "" || accept.includes("*/*")) {
    return;
  }
  const [type] = offered.split("/");
  const accepted = accept.split(",").some((range) => {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    return (name === offered || name === `${type}/*`) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
  if (!accepted) {
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
