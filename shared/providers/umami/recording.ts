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

const beep = { status: 200, body: { beep: "boop" }, recorded: [] };

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
    return beep;
  }
  const sessionId = id === undefined ? uuidOf(website, ip, userAgent) : uuidOf(website, id);
  const recorded = {
    name: name ?? (parsed.data.type === "identify" ? "identify" : "pageview"),
    url,
    visitor: { ip, user_agent: userAgent, id: sessionId },
  };
  return { status: 200, body: { cache: "recorded", sessionId, visitId: uuidOf(sessionId, "visit") }, recorded: [recorded] };
}

/** As if every visitor was a bot. */
const drop: typeof take = (...sent) => {
  const taken = take(...sent);
  return taken.status === 200 ? beep : taken;
};

function answerSend({ headers, body }: RecordingRequest, handle = take): RecordingAnswer {
  return handle(parseJson(body), String(headers["user-agent"] ?? ""));
}

/** What a bot sent counts as processed; only `cache` is missing when nothing was stored. */
function answerBatch({ headers, body }: RecordingRequest, handle = take): RecordingAnswer {
  const items = parseJson(body);
  if (!Array.isArray(items)) {
    return { status: 400, body: error(400, "Bad request", "bad-request") };
  }
  const taken = items.map((item) => handle(item, String(headers["user-agent"] ?? "")));
  const details = taken.flatMap(({ status, body }, index) => (status === 200 ? [] : [{ index, response: body }]));
  const recorded = taken.flatMap((one) => one.recorded);
  const cache = recorded.length === 0 ? {} : { cache: "recorded" };
  const answer = { size: items.length, processed: items.length - details.length, errors: details.length, details, ...cache };
  return { status: 200, body: answer, recorded };
}

const example = {
  website: "8f2c1f0e-7c55-4b1d-9a52-0b5f4c2d9e11",
  username: "example-viewer",
  password: "example-Passw0rd-0123",
  token: "example.token.of-a-viewer",
};
const unauthorized = { status: 401, body: error(401, "Unauthorized", "unauthorized") };

/** One user, who may see one website. */
function answerLogin({ body }: RecordingRequest): RecordingAnswer {
  const parsed = z.object({ username: z.string(), password: z.string() }).safeParse(parseJson(body));
  if (!parsed.success) {
    return { status: 400, body: error(400, "Bad request", "bad-request") };
  }
  return parsed.data.username === example.username && parsed.data.password === example.password
    ? { status: 200, body: { token: example.token, user: { id: uuidOf("viewer"), username: example.username, role: "view-only" } } }
    : { status: 401, body: error(401, "Unauthorized", "incorrect-username-password") };
}

/** A website that is not there is refused like one that may not be seen. */
function answerWebsite({ headers, path }: RecordingRequest): RecordingAnswer {
  const isSeen = headers["authorization"] === `Bearer ${example.token}` && path === `/api/websites/${example.website}`;
  return isSeen ? { status: 200, body: { id: example.website, name: "Demo", domain: "demo.example" } } : unauthorized;
}

const endpoints: RecordingEndpoints = {
  exampleSettings: (instance_url) => ({
    website_id: example.website,
    instance_url,
    credentials: { username_ref: "umami-username", password_ref: "umami-password" },
  }),
  exampleSecrets: { "umami-username": example.username, "umami-password": example.password },
  refusals: { dropped: (request) => (request.path === "/api/batch" ? answerBatch(request, drop) : answerSend(request, drop)) },
  answer: (request) => {
    const posts: Record<string, (request: RecordingRequest) => RecordingAnswer> = {
      "/api/send": answerSend,
      "/api/batch": answerBatch,
      "/api/auth/login": answerLogin,
    };
    const handle = posts[request.path];
    if (handle !== undefined) {
      return request.method === "POST" ? handle(request) : { status: 405 };
    }
    if (request.path.startsWith("/api/websites/")) {
      return request.method === "GET" ? answerWebsite(request) : { status: 405 };
    }
    return request.path === "/api/heartbeat" ? { status: 200, body: { ok: true } } : undefined;
  },
};

export default endpoints;
