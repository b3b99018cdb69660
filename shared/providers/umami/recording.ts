import { createHash } from "node:crypto";
import { isbot } from "isbot";
import { z } from "zod";
import type { RecordedEvent, RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";

/** The checks of src/app/api/send/route.ts (3.1), with the columns' lengths that answer 500 there. */
const entry = z.object({
  type: z.enum(["event", "identify", "performance"]),
  payload: z.object({
    website: z.uuid(),
    hostname: z.string().max(100).optional(),
    url: z.string().optional(),
    referrer: z.string().optional(),
    title: z.string().optional(),
    language: z.string().max(35).optional(),
    screen: z.string().max(11).optional(),
    name: z.string().max(50).optional(),
    data: z.record(z.string(), z.unknown()).optional(),
    id: z.string().optional(),
    ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    userAgent: z.string().optional(),
    timestamp: z.coerce.number().int().optional(),
  }),
});

const error = (status: number, message: string, code: string) => ({ error: { message, code, status } });

const uuidOf = (...parts: (string | undefined)[]): string => {
  const hex = createHash("sha1").update(JSON.stringify(parts)).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

function take(item: unknown, headerUserAgent: string): { status: number; body: object; recorded: RecordedEvent[] } {
  const parsed = entry.safeParse(item);
  if (!parsed.success) {
    return { status: 400, body: error(400, "Bad request", "bad-request"), recorded: [] };
  }
  const { website, name, url, ip, userAgent = headerUserAgent, id, data } = parsed.data.payload;
  if (
    (id?.length ?? 0) > 50 ||
    (url?.length ?? 0) > 500 ||
    Object.values(data ?? {}).some((value) => typeof value === "string" && value.length > 500)
  ) {
    return { status: 500, body: error(500, "Server error", "server-error"), recorded: [] };
  }
  if (isbot(userAgent)) {
    return { status: 200, body: { beep: "boop" }, recorded: [] };
  }
  const sessionId = id === undefined ? uuidOf(website, ip, userAgent) : uuidOf(website, id);
  const recorded = {
    name: name ?? (parsed.data.type === "identify" ? "identify" : "pageview"),
    url,
    visitor: { ip, user_agent: userAgent, id: sessionId },
  };
  return { status: 200, body: { cache: "recorded", sessionId, visitId: uuidOf(sessionId, "visit") }, recorded: [recorded] };
}

function answerSend({ headers, body }: RecordingRequest): RecordingAnswer {
  return take(parseJson(body), String(headers["user-agent"] ?? ""));
}

function answerBatch({ headers, body }: RecordingRequest): RecordingAnswer {
  const items = parseJson(body);
  if (!Array.isArray(items)) {
    return { status: 400, body: error(400, "Bad request", "bad-request") };
  }
  const taken = items.map((item) => take(item, String(headers["user-agent"] ?? "")));
  const details = taken.flatMap(({ status, body }, index) => (status === 200 ? [] : [{ index, response: body }]));
  const answer = { size: items.length, processed: items.length - details.length, errors: details.length, details, cache: "recorded" };
  return { status: 200, body: answer, recorded: taken.flatMap(({ recorded }) => recorded) };
}

const endpoints: RecordingEndpoints = {
  exampleSettings: (instance_url) => ({ website_id: "8f2c1f0e-7c55-4b1d-9a52-0b5f4c2d9e11", instance_url }),
  answer: (request) => {
    const posts: Record<string, (request: RecordingRequest) => RecordingAnswer> = { "/api/send": answerSend, "/api/batch": answerBatch };
    const handle = posts[request.path];
    if (handle !== undefined) {
      return request.method === "POST" ? handle(request) : { status: 405 };
    }
    return request.path === "/api/heartbeat" ? { status: 200, body: { ok: true } } : undefined;
  },
};

export default endpoints;
