import { createPrivateKey, sign } from "node:crypto";
import { z } from "zod";
import { type AskProvider, failed, type Verification } from "../definition.ts";
import { parseJson, withoutText } from "../text.ts";

const scope = "https://www.googleapis.com/auth/analytics.readonly";
const secondsMax = 300;

const serviceAccount = z.looseObject({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https$/ }).default("https://oauth2.googleapis.com/token"),
});
type ServiceAccount = z.infer<typeof serviceAccount>;

const notAKey = failed("the secret of service_account_json_ref is not a service account's key");

/**
 * A token to read with, for a signed assertion (RFC 7523).
 * @param json the key file of the account
 * @param at milliseconds since the epoch
 */
export async function logIn(json: string, ask: AskProvider, at: number): Promise<{ readonly token: string } | Verification> {
  const parsed = serviceAccount.safeParse(parseJson(json));
  const assertion = parsed.success ? assertionOf(parsed.data, Math.floor(at / 1000)) : undefined;
  if (!parsed.success || assertion === undefined) {
    return notAKey;
  }
  const { token_uri } = parsed.data;
  const form = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const answer = await ask({ method: "POST", url: token_uri, headers, body: form.toString() });
  if ("unreachable" in answer) {
    return failed(`the service account could not log in: ${answer.unreachable}`);
  }
  if (answer.status === 400 || answer.status === 401) {
    return failed("the token endpoint does not take the service account's key", withoutText(answer, assertion));
  }
  if (answer.status !== 200) {
    return failed(`the service account could not log in: status ${answer.status}`, withoutText(answer, assertion));
  }
  const { success, data } = granted.safeParse(parseJson(answer.body));
  // Whatever it is, it may hold a token.
  return success ? { token: data.access_token } : failed("the token endpoint answers, but gives no token");
}

const granted = z.looseObject({ access_token: z.string().regex(/^[\x21-\x7e]+$/) });

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** `undefined` for a key that can't sign. */
function assertionOf({ client_email, private_key, private_key_id, token_uri }: ServiceAccount, now: number): string | undefined {
  const head = base64url({ alg: "RS256", typ: "JWT", kid: private_key_id });
  const claims = base64url({ iss: client_email, scope, aud: token_uri, iat: now, exp: now + secondsMax });
  try {
    const key = createPrivateKey(private_key);
    const signed = `${head}.${claims}`;
    return key.asymmetricKeyType === "rsa" ? `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}` : undefined;
  } catch {
    return undefined;
  }
}
