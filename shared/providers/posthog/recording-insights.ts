import { createHash } from "node:crypto";
import { z } from "zod";
import type { RecordingAnswer, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";

/** The one project of the recording server, and who may ask for it. */
export const exampleProject = "12345";
export const exampleToken = "phc_example0123456789";
export const examplePersonalKey = "phx_example0123456789";

/** Everybody gets one of two variants of the first flag, and every second visitor the other. */
const flagKeys = ["new-checkout", "dark-mode"];

const flagsRequest = z.looseObject({
  api_key: z.unknown().optional(),
  token: z.unknown().optional(),
  distinct_id: z.string().min(1),
  flag_keys: z.array(z.string()).optional(),
});

/** Flags, the owner of a key, the project and its funnels; `undefined` for other paths. The same question has the same answer. */
export function answerInsights(request: RecordingRequest): RecordingAnswer | undefined {
  const { method, path, headers, body } = request;
  if (/^\/flags\/?$/.test(path)) {
    return method === "POST" ? answerFlags(body) : { status: 405 };
  }
  const project = /^\/api\/projects\/([^/]+)\//.exec(path)?.[1];
  if (project === undefined && path !== "/api/users/@me/") {
    return undefined;
  }
  if (headers["authorization"] !== `Bearer ${examplePersonalKey}`) {
    return problem(401, "authentication_error", "authentication_failed", "Invalid personal API key.");
  }
  if (project !== undefined && project !== exampleProject) {
    return problem(404, "invalid_request", "not_found", "Project not found.");
  }
  if (path.endsWith("/query/")) {
    return method === "POST" ? answerQuery(body) : { status: 405 };
  }
  return project === undefined
    ? { status: 200, body: { uuid: "01956f3e-8c00-7000-8000-00000000000a", email: "owner@club.example" } }
    : { status: 200, body: { id: Number(project), name: "Example", api_token: exampleToken, timezone: "UTC" } };
}

function answerFlags(text: string): RecordingAnswer {
  const { success, data } = flagsRequest.safeParse(parseJson(text));
  if (!success) {
    return { status: 400, body: "Failed to decode request" };
  }
  if ((data.api_key ?? data.token) !== exampleToken) {
    return { status: 401, body: "The provided API key is invalid or has expired." };
  }
  const { distinct_id, flag_keys = flagKeys } = data;
  const flags = flagKeys.filter((key) => flag_keys.includes(key)).map((key) => [key, evaluate(key, distinct_id)]);
  return { status: 200, body: { flags: Object.fromEntries(flags), errorsWhileComputingFlags: false, requestId: hash(text).slice(0, 32) } };
}

function evaluate(key: string, distinctId: string) {
  const isOdd = Number.parseInt(hash(`${key}.${distinctId}`).slice(0, 8), 16) % 2 === 1;
  const id = flagKeys.indexOf(key) + 1;
  return key === "new-checkout"
    ? {
        key,
        enabled: true,
        variant: isOdd ? "b" : "a",
        reason: { code: "condition_match", condition_index: 0, description: "Matched condition set 1" },
        metadata: { id, version: 1, payload: JSON.stringify({ colour: isOdd ? "blue" : "green" }) },
      }
    : {
        key,
        enabled: isOdd,
        variant: null,
        reason: { code: isOdd ? "condition_match" : "out_of_rollout_bound", condition_index: 0, description: "" },
        metadata: { id, version: 1, payload: null },
      };
}

const query = z.looseObject({
  query: z.looseObject({
    kind: z.literal("FunnelsQuery"),
    series: z.array(z.looseObject({ kind: z.literal("EventsNode"), event: z.string() })).min(2),
    breakdownFilter: z.looseObject({ breakdown: z.string() }).optional(),
  }),
});

/** A thousand visitors at the first step, and of them a fixed part less at each further one. */
function answerQuery(text: string): RecordingAnswer {
  const { success, data } = query.safeParse(parseJson(text));
  if (!success) {
    return problem(400, "validation_error", "invalid_input", "Funnels require at least two steps.");
  }
  const { series, breakdownFilter } = data.query;
  const funnel = (first: number, value?: string) =>
    series.map(({ event, name }, order) => ({
      action_id: event,
      name: event,
      custom_name: name ?? null,
      order,
      people: [],
      count: Math.floor(first * 0.6 ** order),
      type: "events",
      average_conversion_time: order === 0 ? null : 90 * order,
      median_conversion_time: order === 0 ? null : 60 * order,
      ...(value === undefined ? {} : { breakdown: [value], breakdown_value: [value] }),
    }));
  const results = breakdownFilter === undefined ? funnel(1000) : [funnel(600, "Chrome"), funnel(300, "Firefox"), funnel(100, "")];
  return { status: 200, body: { results, is_cached: false, last_refresh: "2026-03-01T10:00:00.000000Z", timezone: "UTC" } };
}

const problem = (status: number, type: string, code: string, detail: string): RecordingAnswer => ({
  status,
  body: { type, code, detail, attr: null },
});

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
