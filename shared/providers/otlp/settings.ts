import { z } from "zod";

/** Names that are ours to set, or under which secrets travel: those belong in the vault. */
const refusedHeader =
  /^(host|cookie|connection|keep-alive|expect|te|trailer|transfer-encoding|upgrade|content-.*|proxy-.*|.*(auth|key|token|secret|password).*)$/i;

const attributesMax = 15;
const headersMax = 10;

/** OTLP's own fields of a config. */
export const settings = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, abort: true })
    .max(500)
    .refine(isBase, "the base of the server's OTLP addresses: without /v1/logs, user, query and fragment")
    .describe("Where logs go, without `/v1/logs`: such as `https://otlp-gateway-prod-eu-west-2.grafana.net/otlp`."),
  resource_attributes: z
    .record(
      z
        .string()
        .max(64)
        .regex(/^[A-Za-z][\w.-]*$/),
      z.union([z.string().min(1).max(100), z.boolean(), z.number()]),
    )
    .refine((attributes) => Object.keys(attributes).length <= attributesMax, `at most ${attributesMax} attributes`)
    .default({})
    .describe("What says the same of every event, such as `deployment.environment`; servers index by some of them."),
  headers: z
    .record(
      z
        .string()
        .max(64)
        .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
        .refine((name) => !refusedHeader.test(name), "a header that may not be set here"),
      z
        .string()
        .min(1)
        .max(200)
        .regex(/^[\x21-\x7e]+( +[\x21-\x7e]+)*$/, "printable ASCII"),
    )
    .refine((headers) => Object.keys(headers).length <= headersMax, `at most ${headersMax} headers`)
    .default({})
    .describe("More headers, such as `X-Scope-OrgID`; nothing secret."),
  restamp_late: z
    .boolean()
    .default(true)
    .describe(
      "Give records of events that came late the time of their arrival, and keep the event's own beside it: Loki refuses old ones.",
    ),
});
export type Settings = z.infer<typeof settings>;

export const credentials = z.strictObject({
  authorization_ref: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe("Reference to the whole value of the header `Authorization`, such as `Basic …`; none for a server that asks for none."),
});

/** A URL that may be shown in logs and that a path can be put after. */
function isBase(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "" && !/[?#]/.test(text) && !/\/v1\/logs\/*$/.test(url.pathname);
}

/** The header with the secret, none when the config has none; `undefined` for a secret that no header can carry (RFC 9110, section 5.5). */
export function authorizationHeaders(secrets: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  const secret = secrets["authorization_ref"]?.trim();
  if (secret === undefined) {
    return {};
  }
  return /^[\x21-\x7e]+([ \t]+[\x21-\x7e]+)*$/.test(secret) ? { authorization: secret } : undefined;
}
