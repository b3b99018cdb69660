import { z } from "zod";
import { type AskProvider, failed, type ProviderConfig, type Verification } from "../definition.ts";
import { parseJson, urlUnder } from "../text.ts";
import { findApiSecret } from "./find-api-secret.ts";
import { apiSecret, collectionUrl, debugPath, measurementId, type Settings } from "./settings.ts";

const unproven =
  "the endpoint takes an event's form, but Google never says whether API secret and measurement id are right: only a service account " +
  "(service_account_json_ref) can look them up";

/**
 * Lets Google validate an event, which stores none and does not look at the secret, and looks the secret up where the config has a
 * service account that may.
 */
export async function verify(config: ProviderConfig<Settings>, ask: AskProvider, at: number): Promise<Verification> {
  const secret = apiSecret(config.secrets);
  if (secret === undefined) {
    return failed("the secret of api_secret_ref is not an API secret");
  }
  const form = await validateForm(config, secret, ask);
  const account = config.secrets["service_account_json_ref"];
  return form.result === "failed" || account === undefined ? form : findApiSecret(config, { secret, account }, ask, at);
}

const sample = { client_id: "1000000000.1000000000", consent: { ad_user_data: "DENIED", ad_personalization: "DENIED" } };
const validation = z.looseObject({ validationMessages: z.array(z.unknown()).default([]) });

async function validateForm({ settings, credentials }: ProviderConfig<Settings>, secret: string, ask: AskProvider): Promise<Verification> {
  const query = new URLSearchParams({ measurement_id: measurementId(credentials), api_secret: secret });
  const answer = await ask({
    method: "POST",
    url: `${urlUnder(collectionUrl(settings), debugPath)}?${query}`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...sample, events: [{ name: "page_view", params: {} }] }),
  });
  if ("unreachable" in answer) {
    return failed(`the endpoint does not answer: ${answer.unreachable}`);
  }
  const isContainer = settings.instance_url !== undefined;
  if (isContainer && [400, 404, 405].includes(answer.status)) {
    return {
      result: "unverifiable",
      detail: "the tagging container answers, but has no validation endpoint; nothing is known of what it forwards",
    };
  }
  if (answer.status !== 200) {
    return failed(`the validation endpoint answers ${answer.status}`, answer);
  }
  const { success, data } = validation.safeParse(parseJson(answer.body));
  if (!success) {
    return failed("the endpoint answers, but not as this provider does", answer);
  }
  return data.validationMessages.length === 0
    ? { result: "unverifiable", detail: unproven }
    : failed("the validation endpoint refuses an event that is right", answer);
}
