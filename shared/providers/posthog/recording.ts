import { z } from "zod";
import type { RecordedEvent, RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";
import { answerInsights, examplePersonalKey, exampleProject, exampleToken } from "./recording-insights.ts";

/** Bodies above these get 413 (docs/api/capture). */
const bodyBytesMax: Readonly<Record<string, number>> = { "/batch/": 20_000_000, "/i/v0/e/": 2_000_000 };
/** Larger events are thrown away after the answer. */
const eventBytesMax = 1_000_000;

const item = z.looseObject({
  event: z.string(),
  distinct_id: z.unknown().optional(),
  uuid: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});
type Item = z.infer<typeof item>;

/** Answers are plain text, except for the one that all is well. */
function answerCapture({ path, body }: RecordingRequest): RecordingAnswer {
  if (Buffer.byteLength(body) > bodyBytesMax[path]!) {
    return { status: 413, body: "Payload too large" };
  }
  const root = z.looseObject({}).safeParse(parseJson(body));
  if (!root.success) {
    return { status: 400, body: "failed to decode request" };
  }
  const items = z
    .array(item)
    .min(1)
    .safeParse(path === "/batch/" ? root.data["batch"] : [root.data]);
  if (!items.success || items.data.some((one) => one.event === "" || idOf(one) === undefined)) {
    return { status: 400, body: "failed to decode request" };
  }
  const token = root.data["api_key"] ?? root.data["token"];
  // It does not look whether there is such a project; private keys are no project's.
  if (typeof token !== "string" || token === "" || /^ph[xs]_/.test(token)) {
    return { status: 401, body: "API key is not valid" };
  }
  return { status: 200, body: { status: 1 }, recorded: items.data.filter(isKept).map(recordedEvent) };
}

/** What is wrong with a single event shows after the answer only: it is not there. */
const isKept = (one: Item): boolean =>
  (one.uuid === undefined || z.guid().safeParse(one.uuid).success) && Buffer.byteLength(JSON.stringify(one)) <= eventBytesMax;

function recordedEvent(one: Item): RecordedEvent {
  const { $current_url, $ip, $raw_user_agent } = one.properties;
  const visitor = { ip: textOf($ip), user_agent: textOf($raw_user_agent), id: idOf(one) };
  return { name: one.event, url: textOf($current_url), visitor };
}

const idOf = ({ distinct_id, properties }: Item): string | undefined => textOf(distinct_id) ?? textOf(properties["distinct_id"]);

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const endpoints: RecordingEndpoints = {
  exampleSettings: (instance_url) => ({
    instance_url,
    project_id: exampleProject,
    enable_feature_flags: true,
    enable_funnels: true,
    credentials: { project_token_ref: "posthog-project-token", personal_api_key_ref: "posthog-personal-key" },
  }),
  exampleSecrets: { "posthog-project-token": exampleToken, "posthog-personal-key": examplePersonalKey },
  refusals: { quota: () => ({ status: 200, body: { status: 1, quota_limited: ["events"] } }) },
  answer: (request) => {
    if (!Object.hasOwn(bodyBytesMax, request.path)) {
      return answerInsights(request);
    }
    return request.method === "POST" ? answerCapture(request) : { status: 405 };
  },
};

export default endpoints;
