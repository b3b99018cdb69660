import { isbot } from "isbot";
import { z } from "zod";
import type { RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";

const invalid = (field: string, message: string): RecordingAnswer => ({ status: 400, body: { errors: { [field]: [message] } } });

/** By each of the sites. */
const dropped = (domain: string): RecordingAnswer => ({
  status: 202,
  headers: { "x-plausible-dropped": String(domain.split(",").length) },
  body: "ok",
});

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
    return dropped(domain);
  }
  return { status: 202, body: "ok", recorded: [{ name, url, visitor }] };
}

const example = { site: "demo.example", secret: "plausible-api-key", key: "example-stats-key-0123456789" };

/** The stats API, as far as a check of the key needs it: one key, which may read one site. */
function answerQuery({ headers, body }: RecordingRequest): RecordingAnswer {
  if (headers["authorization"] !== `Bearer ${example.key}`) {
    return { status: 401, body: { error: "Missing or invalid API key. Please make sure you're using a valid API key." } };
  }
  const query = z
    .looseObject({ site_id: z.string(), metrics: z.array(z.string()).min(1), date_range: z.unknown() })
    .safeParse(parseJson(body));
  if (!query.success) {
    return { status: 400, body: { error: "The query does not match its schema." } };
  }
  return query.data.site_id === example.site
    ? { status: 200, body: { results: [{ dimensions: [], metrics: query.data.metrics.map(() => 0) }], meta: {}, query: query.data } }
    : { status: 401, body: { error: "Invalid API key or site ID." } };
}

const endpoints: RecordingEndpoints = {
  exampleSettings: (instance_url) => ({ site_id: example.site, instance_url, credentials: { api_key_ref: example.secret } }),
  exampleSecrets: { [example.secret]: example.key },
  refusals: { dropped: ({ body }) => dropped((JSON.parse(body) as { domain: string }).domain) },
  answer: (request) => {
    if (request.path === "/api/event") {
      return request.method === "POST" ? answerEvent(request) : { status: 404 };
    }
    if (request.path === "/api/v2/query") {
      return request.method === "POST" ? answerQuery(request) : { status: 404 };
    }
    return request.path === "/api/health" ? { status: 200, body: { postgres: "ok", clickhouse: "ok" } } : undefined;
  },
};

export default endpoints;
