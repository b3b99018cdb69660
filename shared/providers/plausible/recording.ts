import { isbot } from "isbot";
import type { RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../recording-endpoint.ts";

const invalid = (field: string, message: string): RecordingAnswer => ({ status: 400, body: { errors: { [field]: [message] } } });

/** Checks and answers as the ingestion endpoint does (test/plausible_web/controllers/api/external_controller_test.exs). */
function answerEvent({ headers, body }: RecordingRequest): RecordingAnswer {
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return invalid("request", "Unable to parse request body as json");
  }
  const { name, domain, url } = event;
  if (typeof url !== "string" || url === "") {
    return invalid("url", "is required");
  }
  if (Buffer.byteLength(url) > 2000 || url.startsWith("data:")) {
    return invalid("url", "must be a valid url");
  }
  if (typeof domain !== "string" || domain === "") {
    return invalid("domain", "can't be blank");
  }
  if (typeof name !== "string" || name === "") {
    return invalid("event_name", "can't be blank");
  }
  if (name.length > 120) {
    return invalid("event_name", "should be at most 120 character(s)");
  }
  const userAgent = String(headers["user-agent"] ?? "");
  const visitor = { ip: String(headers["x-forwarded-for"] ?? ""), user_agent: userAgent };
  if (isbot(userAgent)) {
    return { status: 202, headers: { "x-plausible-dropped": String(domain.split(",").length) }, body: "ok" };
  }
  return { status: 202, body: "ok", recorded: [{ name, url, visitor }] };
}

const endpoints: RecordingEndpoints = {
  exampleSettings: (instance_url) => ({ site_id: "demo.example", instance_url }),
  answer: (request) => {
    if (request.path === "/api/event") {
      return request.method === "POST" ? answerEvent(request) : { status: 404 };
    }
    return request.path === "/api/health" ? { status: 200, body: { postgres: "ok", clickhouse: "ok" } } : undefined;
  },
};

export default endpoints;
