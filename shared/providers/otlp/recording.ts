import { z } from "zod";
import type { RecordedEvent, RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";

/** The size that docs/specification.md of opentelemetry-proto advises servers to take. */
const bodyBytesMax = 64 * 1024 * 1024;
/** Loki's default of `max_structured_metadata_entries_count`. */
const attributesMax = 128;

const int64 = z.union([z.string().regex(/^-?\d{1,19}$/), z.int()]);
const fixed64 = z.union([z.string().regex(/^\d{1,20}$/), z.int().min(0)]);
const hex = (digits: number) => z.union([z.literal(""), z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`, "i"))]);

interface WireValue {
  readonly stringValue?: string | undefined;
}

/** Servers ignore fields that they do not know; a null, two values at once or an enum's name they refuse. */
const anyValue: z.ZodType<WireValue> = z.lazy(() =>
  z
    .looseObject({
      stringValue: z.string().optional(),
      boolValue: z.boolean().optional(),
      intValue: int64.optional(),
      doubleValue: z.number().optional(),
      arrayValue: z.looseObject({ values: z.array(anyValue).optional() }).optional(),
      kvlistValue: z.looseObject({ values: keyValues.optional() }).optional(),
      bytesValue: z.base64().optional(),
    })
    .refine((value) => Object.keys(value).filter((key) => key.endsWith("Value")).length <= 1),
);
const keyValues = z.array(z.looseObject({ key: z.string(), value: anyValue.optional() }));

const logRecord = z.looseObject({
  timeUnixNano: fixed64.optional(),
  observedTimeUnixNano: fixed64.optional(),
  severityNumber: z.int().min(0).max(24).optional(),
  severityText: z.string().optional(),
  body: anyValue.optional(),
  attributes: keyValues.optional(),
  droppedAttributesCount: z.int().min(0).optional(),
  traceId: hex(32).optional(),
  spanId: hex(16).optional(),
  eventName: z.string().optional(),
});
type LogRecord = z.infer<typeof logRecord>;

const logsData = z.looseObject({
  resourceLogs: z
    .array(
      z.looseObject({
        resource: z.looseObject({ attributes: keyValues.optional() }).optional(),
        scopeLogs: z.array(z.looseObject({ logRecords: z.array(logRecord).optional() })).optional(),
      }),
    )
    .optional(),
});

const example = { secret: "otlp-authorization", authorization: "Basic MTIzNDU2OmdsY19leGFtcGxl" };

const hasFewAttributes = ({ attributes = [] }: LogRecord): boolean => attributes.length <= attributesMax;

/** Answers as a collector that asks for an authorization does, with the refusals of the Loki behind it as a partial success. */
function answerLogs({ headers, body }: RecordingRequest, isKept = hasFewAttributes): RecordingAnswer {
  if (headers["authorization"] !== example.authorization) {
    return { status: 401, body: { code: 16, message: "authentication error: no or wrong credentials" } };
  }
  if (!/^application\/json\b/i.test(String(headers["content-type"] ?? ""))) {
    return { status: 415, body: "unsupported media type" };
  }
  if (Buffer.byteLength(body) > bodyBytesMax) {
    return { status: 413, body: { code: 8, message: "request body too large" } };
  }
  const parsed = logsData.safeParse(parseJson(body));
  if (!parsed.success) {
    return { status: 400, body: { code: 3, message: "couldn't parse the request" } };
  }
  const records = (parsed.data.resourceLogs ?? []).flatMap(({ scopeLogs = [] }) => scopeLogs.flatMap(({ logRecords = [] }) => logRecords));
  const kept = records.filter(isKept);
  const refused = records.length - kept.length;
  const partialSuccess = refused === 0 ? {} : { rejectedLogRecords: String(refused), errorMessage: "refused by the store" };
  return { status: 200, body: { partialSuccess }, recorded: kept.map(recordedEvent) };
}

function recordedEvent({ attributes = [], body }: LogRecord): RecordedEvent {
  const text = (name: string): string | undefined => attributes.find(({ key }) => key === name)?.value?.stringValue;
  return {
    name: text("event.name") ?? body?.stringValue ?? "",
    url: text("url.full") ?? text("url.path"),
    visitor: { ip: text("client.address"), user_agent: text("user_agent.original"), id: text("user.id") },
  };
}

const endpoints: RecordingEndpoints = {
  exampleSettings: (endpoint) => ({
    endpoint,
    resource_attributes: { "deployment.environment": "demo" },
    credentials: { authorization_ref: example.secret },
  }),
  exampleSecrets: { [example.secret]: example.authorization },
  refusals: { dropped: (request) => answerLogs(request, () => false) },
  answer: (request) => {
    if (request.path !== "/v1/logs") {
      return undefined;
    }
    return request.method === "POST" ? answerLogs(request) : { status: 405 };
  },
};

export default endpoints;
