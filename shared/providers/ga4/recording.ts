import { z } from "zod";
import type { RecordedEvent, RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";
import { answerAdmin, answerToken, example } from "./recording-admin.ts";

type Code = "VALUE_INVALID" | "VALUE_REQUIRED" | "NAME_INVALID" | "NAME_RESERVED" | "VALUE_OUT_OF_BOUNDS" | "EXCEEDED_MAX_ENTITIES";
type Message = { readonly fieldPath: string; readonly description: string; readonly validationCode: Code };

const message = (fieldPath: string, validationCode: Code): Message => ({
  fieldPath,
  description: `${fieldPath}: ${validationCode}`,
  validationCode,
});

const hit = z.looseObject({
  client_id: z.string().min(1),
  ip_override: z.string().optional(),
  user_agent: z.string().optional(),
  events: z.array(z.looseObject({ name: z.string(), params: z.record(z.string(), z.unknown()).default({}) })).min(1),
});
type Hit = z.infer<typeof hit>;

const reservedEvents =
  /^(?:ad_(?:activeview|click|exposure|impression|query|reward)|adunit_exposure|app_(?:clear_data|exception|install|remove|update|upgrade)|app_store_(?:refund|subscription_(?:cancel|convert|renew))|dynamic_link_\w+|error|first_(?:open|visit)|in_app_purchase|notification_(?:dismiss|foreground|open|receive|send)|os_update|screen_view|session_start|user_engagement)$/;
const reservedPrefix = /^(?:_|firebase_|ga_|google_|gtag\.)/;
const longerParams: Readonly<Record<string, number>> = { page_title: 300, page_referrer: 420, page_location: 1000 };

/** What the validation endpoint would complain of; of anything else the other endpoint says nothing. */
function complaints(events: Hit["events"]): Message[] {
  const tooMany = events.length > 25 ? [message("events", "EXCEEDED_MAX_ENTITIES")] : [];
  return [...tooMany, ...events.flatMap(({ name, params }) => [...nameComplaints(name, "events"), ...paramComplaints(params)])];
}

function nameComplaints(name: string, path: string): Message[] {
  if (!/^[A-Za-z]\w{0,39}$/.test(name)) {
    return [message(path, "NAME_INVALID")];
  }
  return reservedPrefix.test(name) || (path === "events" && reservedEvents.test(name)) ? [message(path, "NAME_RESERVED")] : [];
}

function paramComplaints(params: Readonly<Record<string, unknown>>): Message[] {
  const entries = Object.entries(params);
  const tooMany = entries.length > 25 ? [message("events.params", "EXCEEDED_MAX_ENTITIES")] : [];
  return [...tooMany, ...entries.flatMap(([name, value]) => [...nameComplaints(name, "events.params"), ...valueComplaints(name, value)])];
}

function valueComplaints(name: string, value: unknown): Message[] {
  const path = `events.params.${name}`;
  if (name === "items") {
    return Array.isArray(value) && value.length <= 200
      ? []
      : [message(path, Array.isArray(value) ? "EXCEEDED_MAX_ENTITIES" : "VALUE_INVALID")];
  }
  if (typeof value === "string") {
    return value.length > (longerParams[name] ?? 100) ? [message(path, "VALUE_OUT_OF_BOUNDS")] : [];
  }
  return typeof value === "number" ? [] : [message(path, "VALUE_INVALID")];
}

/** 204 to whatever arrives; what is wrong is only not there afterwards. */
function answerCollect({ body }: RecordingRequest): RecordingAnswer {
  const parsed = hit.safeParse(parseJson(body));
  const isLost = !parsed.success || Buffer.byteLength(body) >= 130_000 || parsed.data.events.length > 25;
  return { status: 204, recorded: isLost ? [] : recordedEvents(parsed.data) };
}

const recordedEvents = ({ events, client_id, ip_override, user_agent }: Hit): RecordedEvent[] =>
  events
    .filter((event) => complaints([event]).length === 0)
    .map(({ name, params }) => {
      const url = params["page_location"];
      const visitor = { ip: ip_override, user_agent, id: client_id };
      return { name, url: typeof url === "string" ? url : undefined, visitor };
    });

/** Keeps nothing, and does not look at the measurement id and the secret. */
function answerDebug({ body }: RecordingRequest): RecordingAnswer {
  const parsed = hit.safeParse(parseJson(body));
  const validationMessages = parsed.success
    ? complaints(parsed.data.events)
    : [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))].map((path) => message(path, "VALUE_REQUIRED"));
  return { status: 200, body: { validationMessages } };
}

const endpoints: RecordingEndpoints = {
  // Consent stays required, as by default: no visitor's event comes here without it.
  exampleSettings: (instance_url) => ({
    instance_url,
    property_id: example.property,
    data_stream_id: example.stream,
    credentials: { measurement_id: example.measurementId, api_secret_ref: "ga4-api-secret" },
  }),
  exampleSecrets: { "ga4-api-secret": example.apiSecret },
  refusals: { dropped: () => ({ status: 204 }) },
  answer: (request) => {
    const posts: Record<string, (request: RecordingRequest) => RecordingAnswer> = {
      "/mp/collect": answerCollect,
      "/debug/mp/collect": answerDebug,
      "/token": answerToken,
    };
    const handle = posts[request.path];
    if (request.path.startsWith("/v1beta/")) {
      return request.method === "GET" ? answerAdmin(request) : { status: 405 };
    }
    if (handle === undefined) {
      return undefined;
    }
    return request.method === "POST" ? handle(request) : { status: 405 };
  },
};

export default endpoints;
