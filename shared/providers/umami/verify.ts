import { z } from "zod";
import { type AskProvider, failed, type ProviderConfig, type Verification } from "../definition.ts";
import { parseJson, urlUnder, withoutText } from "../text.ts";
import { isCloud, type Settings } from "./settings.ts";
import { takesBatches } from "./takes-batches.ts";

/** The cloud's API for reading has a host of its own (docs page "API Key"). */
const cloudApi = "https://api.umami.is/v1";

/**
 * Proves by reading the website: in the cloud with a key, on a server of the tenant's own as a user. Sending needs no credential, so that
 * without any a server can only be seen to be there. On the way it finds out whether the server takes batches.
 */
export async function verify({ settings, secrets }: ProviderConfig<Settings>, ask: AskProvider): Promise<Verification> {
  if (isCloud(settings)) {
    return verifyInCloud(settings, secrets["api_key_ref"], ask);
  }
  const found = await verifyOnServer(settings, secrets, ask);
  return found.result === "failed" ? found : { ...found, capabilities: { batch: await takesBatches(settings, ask) } };
}

async function verifyInCloud({ website_id }: Settings, secret: string | undefined, ask: AskProvider): Promise<Verification> {
  const key = secret?.trim();
  if (key === undefined) {
    return {
      result: "unverifiable",
      detail: "sending to the cloud needs no credential; only an API key (api_key_ref) can prove that the website is there",
    };
  }
  if (!/^[\x21-\x7e]{1,500}$/.test(key)) {
    return failed("the secret of api_key_ref is not an API key");
  }
  const headers = { "x-umami-api-key": key, accept: "application/json" };
  const answer = await ask({ method: "GET", url: `${cloudApi}/websites/${website_id}`, headers });
  return readWebsite(answer, website_id, "the API key");
}

async function verifyOnServer(settings: Settings, secrets: Readonly<Record<string, string>>, ask: AskProvider): Promise<Verification> {
  const { username_ref: username, password_ref: password } = secrets;
  if (username === undefined && password === undefined) {
    return findServer(settings, secrets["api_key_ref"] !== undefined, ask);
  }
  if (username === undefined || password === undefined) {
    return failed(`a user needs both: ${username === undefined ? "username_ref" : "password_ref"} is missing`);
  }
  const answer = await ask({
    method: "POST",
    url: urlUnder(settings.instance_url, "/api/auth/login"),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const token = readLogin(answer);
  return typeof token === "string" ? readAsUser(settings, token, ask) : token;
}

const heartbeat = z.looseObject({ ok: z.literal(true) });

/** Without credentials: a server that is there, and nothing about the website. */
async function findServer({ instance_url }: Settings, hasKey: boolean, ask: AskProvider): Promise<Verification> {
  const answer = await ask({ method: "GET", url: urlUnder(instance_url, "/api/heartbeat"), headers: { accept: "application/json" } });
  if ("unreachable" in answer) {
    return failed(`instance_url does not answer: ${answer.unreachable}`);
  }
  if (answer.status !== 200) {
    return failed(`there is no server of this provider at instance_url: its heartbeat answers ${answer.status}`, answer);
  }
  if (!heartbeat.safeParse(parseJson(answer.body)).success) {
    return failed("instance_url answers, but not as this provider does", answer);
  }
  const why = hasKey ? "only the cloud has API keys, and a server needs" : "proving that the website is there needs";
  return {
    result: "unverifiable",
    detail: `the server answers, and sending needs no credential; ${why} a user (username_ref, password_ref)`,
  };
}

const login = z.looseObject({ token: z.string().regex(/^[\x21-\x7e]+$/) });

/** The token of a successful login. */
function readLogin(answer: Awaited<ReturnType<AskProvider>>): string | Verification {
  if ("unreachable" in answer) {
    return failed(`instance_url does not answer: ${answer.unreachable}`);
  }
  switch (answer.status) {
    case 200: {
      const parsed = login.safeParse(parseJson(answer.body));
      // Whatever it is, it may hold a token.
      return parsed.success ? parsed.data.token : failed("instance_url answers, but not as this provider does");
    }
    case 401:
      return failed("the server does not know this user with this password", answer);
    case 404:
    case 405:
      return failed("there is no server of this provider at instance_url", answer);
    default:
      return failed(`the user could not log in: status ${answer.status}`, answer);
  }
}

async function readAsUser({ instance_url, website_id }: Settings, token: string, ask: AskProvider): Promise<Verification> {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  const answer = await ask({ method: "GET", url: urlUnder(instance_url, `/api/websites/${website_id}`), headers });
  const found = readWebsite(answer, website_id, "the user");
  return found.answer === undefined ? found : { ...found, answer: withoutText(found.answer, token) };
}

const website = z.looseObject({ id: z.string() }).nullable();

/** @param who may see it or not */
function readWebsite(answer: Awaited<ReturnType<AskProvider>>, websiteId: string, who: string): Verification {
  if ("unreachable" in answer) {
    return failed(`the website could not be read: ${answer.unreachable}`);
  }
  switch (answer.status) {
    case 200: {
      const { success, data } = website.safeParse(parseJson(answer.body));
      if (!success) {
        return failed("the server answers, but not as this provider does", answer);
      }
      // An administrator is answered `null` for one that is not there.
      return data?.id.toLowerCase() === websiteId.toLowerCase()
        ? { result: "verified", detail: `${who} may see the website` }
        : failed("there is no website of this website_id", answer);
    }
    case 401:
    case 403:
      return failed(`${who} is not valid or may not see the website of this website_id; the provider does not say which`, answer);
    case 404:
      return failed("there is no website of this website_id", answer);
    default:
      return failed(`the website could not be read: status ${answer.status}`, answer);
  }
}
