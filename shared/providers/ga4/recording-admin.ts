import { z } from "zod";
import type { RecordingAnswer, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";

/** What the recording server knows: one property with one web stream, and one service account that may read it. */
export const example = {
  measurementId: "G-ABC123DEF4",
  apiSecret: "example-Secret_0123456",
  property: "123456789",
  stream: "987654321",
  account: "example-viewer@example-project.iam.gserviceaccount.com",
  token: "example-access-token-0123456789",
};

const jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const decoded = (part: string | undefined): unknown => parseJson(Buffer.from(part ?? "", "base64url").toString());
const head = z.object({ alg: z.literal("RS256"), typ: z.literal("JWT").optional() });
const claims = z.object({
  iss: z.literal(example.account),
  scope: z.string().regex(/\banalytics\.readonly\b/),
  aud: z.string().regex(/\/token$/),
  iat: z.int(),
  exp: z.int(),
});

/** Looks at what an assertion says. It knows no public key, so that a signature only has to be there. */
export function answerToken({ body }: RecordingRequest): RecordingAnswer {
  const form = new URLSearchParams(body);
  const [first, second, signature = ""] = (form.get("assertion") ?? "").split(".");
  const said = claims.safeParse(decoded(second));
  const isGranted =
    form.get("grant_type") === jwtGrant &&
    head.safeParse(decoded(first)).success &&
    said.success &&
    said.data.exp > said.data.iat &&
    said.data.exp - said.data.iat <= 3600 &&
    signature.length > 100;
  return isGranted
    ? { status: 200, body: { access_token: example.token, expires_in: 3599, token_type: "Bearer" } }
    : { status: 400, body: { error: "invalid_grant", error_description: "Invalid JWT Signature." } };
}

const rpcError = (status: number, code: string, message: string): RecordingAnswer => ({
  status,
  body: { error: { code: status, message, status: code } },
});

/** The Admin API's data stream and its secrets; a property that is not there is refused like one that may not be read. */
export function answerAdmin({ headers, path }: RecordingRequest): RecordingAnswer {
  if (headers["authorization"] !== `Bearer ${example.token}`) {
    return rpcError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
  }
  const [, property, stream, secrets] = /^\/v1beta\/properties\/(\d+)\/dataStreams\/(\d+)(\/measurementProtocolSecrets)?$/.exec(path) ?? [];
  if (property !== example.property) {
    return rpcError(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property.");
  }
  if (stream !== example.stream) {
    return rpcError(404, "NOT_FOUND", "Requested entity was not found.");
  }
  const name = `properties/${property}/dataStreams/${stream}`;
  return secrets === undefined
    ? { status: 200, body: { name, type: "WEB_DATA_STREAM", webStreamData: { measurementId: example.measurementId } } }
    : {
        status: 200,
        body: {
          measurementProtocolSecrets: [{ name: `${name}${secrets}/1`, displayName: "gateway", secretValue: example.apiSecret }],
        },
      };
}
