import { z } from "zod";
import { type AskProvider, failed, type ProviderAnswer, type ProviderConfig, type Verification } from "../definition.ts";
import { parseJson, withoutText } from "../text.ts";
import { logIn } from "./service-account.ts";
import { measurementId, type Settings } from "./settings.ts";

const adminApi = "https://analyticsadmin.googleapis.com";

/** Of ten secrets each, the most that Google gives at once. */
const pagesMax = 10;

const stream = z.object({ webStreamData: z.object({ measurementId: z.string() }) });
const secretsPage = z.object({
  measurementProtocolSecrets: z.array(z.object({ secretValue: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** Looks measurement id and API secret up in the data stream (Admin API, `properties.dataStreams`), by a service account that may read it. */
export async function findApiSecret(
  { settings, credentials }: ProviderConfig<Settings>,
  { secret, account }: { readonly secret: string; readonly account: string },
  ask: AskProvider,
  at: number,
): Promise<Verification> {
  const { property_id, data_stream_id } = settings;
  if (property_id === undefined || data_stream_id === undefined) {
    return { result: "unverifiable", detail: "to look the API secret up takes property_id and data_stream_id beside the service account" };
  }
  const login = await logIn(account, ask, at);
  if ("result" in login) {
    return login;
  }
  const { token } = login;
  const path = `/v1beta/properties/${property_id}/dataStreams/${data_stream_id}`;
  const read = await readAdmin(token, path, stream, ask);
  if ("result" in read) {
    return read;
  }
  if (read.webStreamData.measurementId !== measurementId(credentials)) {
    return failed("the data stream of data_stream_id has another measurement id");
  }
  return findAmong(secret, token, `${path}/measurementProtocolSecrets?pageSize=10`, ask);
}

/** Answers hold secrets of others: nothing of them is passed on. */
async function findAmong(secret: string, token: string, path: string, ask: AskProvider): Promise<Verification> {
  let next = "";
  for (let page = 0; page < pagesMax; page++) {
    const read = await readAdmin(token, path + next, secretsPage, ask);
    if ("result" in read) {
      return read;
    }
    if (read.measurementProtocolSecrets.some(({ secretValue }) => secretValue === secret)) {
      return { result: "verified", detail: "the data stream has the measurement id and the API secret" };
    }
    if (read.nextPageToken === undefined || read.nextPageToken === "") {
      return failed("the data stream has no such API secret");
    }
    next = `&pageToken=${encodeURIComponent(read.nextPageToken)}`;
  }
  return { result: "unverifiable", detail: `the API secret is not among the first ${10 * pagesMax} of the data stream` };
}

async function readAdmin<S extends z.ZodType>(
  token: string,
  path: string,
  schema: S,
  ask: AskProvider,
): Promise<z.infer<S> | Verification> {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  const answer = await ask({ method: "GET", url: `${adminApi}${path}`, headers });
  if ("unreachable" in answer) {
    return failed(`the data stream could not be read: ${answer.unreachable}`);
  }
  const { success, data } = schema.safeParse(parseJson(answer.body));
  return answer.status === 200 && success ? data : unread(answer, token);
}

function unread(answer: ProviderAnswer, token: string): Verification {
  const told = withoutText(answer, token);
  switch (answer.status) {
    case 200:
      return failed("the data stream can't be read: it is none of a website, or the answer is not this provider's");
    case 403:
      return {
        result: "unverifiable",
        detail: "the service account may not read the property, or its project has not enabled the Admin API",
      };
    case 404:
      return failed("there is no data stream of this property_id and data_stream_id", told);
    default:
      return failed(`the data stream could not be read: status ${answer.status}`, told);
  }
}
