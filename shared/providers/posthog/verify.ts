import { z } from "zod";
import type { AskProvider, ProviderAnswer, ProviderConfig, Verification } from "../definition.ts";
import { parseJson, urlUnder } from "../text.ts";
import { askFlags } from "./ask-flags.ts";
import { isFlagsAnswer } from "./flags-answer.ts";
import { personalKey, privateUrl, projectToken, type Settings } from "./settings.ts";

/**
 * Proves the project token by asking for flags, which stores no event (capture says 200 to any token), and the personal API key,
 * where the config has one, by reading its project or, without a project, its owner.
 */
export async function verify({ settings, secrets, credentials }: ProviderConfig<Settings>, ask: AskProvider): Promise<Verification> {
  const token = await verifyToken(settings, secrets, ask);
  if (token.result === "failed" || credentials?.["personal_api_key_ref"] === undefined) {
    return token;
  }
  const key = await verifyKey(settings, secrets, ask);
  return key.result === "failed" ? key : { result: key.result, detail: `${token.detail}; ${key.detail}` };
}

async function verifyToken(settings: Settings, secrets: Readonly<Record<string, string>>, ask: AskProvider): Promise<Verification> {
  const token = projectToken(secrets);
  if (token === undefined) {
    return failed("the secret of project_token_ref is not a project token (phc_…)");
  }
  const answer = await askFlags(settings, token, { distinct_id: "config-check" }, ask);
  if ("unreachable" in answer) {
    return failed(`instance_url does not answer: ${answer.unreachable}`);
  }
  switch (answer.status) {
    case 200:
      return isFlagsAnswer(answer.body)
        ? { result: "verified", detail: "the project token is valid" }
        : failed("instance_url answers, but not as this provider does", answer);
    case 401:
      return failed("the project token is not valid at this instance_url; a project exists in one region only", answer);
    case 402:
      return { result: "verified", detail: "the project token is known; the project is over its plan's quota of flags" };
    default:
      return failed(`the project token could not be checked: status ${answer.status}`, answer);
  }
}

async function verifyKey(settings: Settings, secrets: Readonly<Record<string, string>>, ask: AskProvider): Promise<Verification> {
  const key = personalKey(secrets);
  if (key === undefined) {
    return failed("the secret of personal_api_key_ref is not a personal API key (phx_…)");
  }
  const { project_id: project } = settings;
  const path = project === undefined ? "/api/users/@me/" : `/api/projects/${project}/`;
  const headers = { authorization: `Bearer ${key}`, accept: "application/json" };
  const answer = await ask({ method: "GET", url: urlUnder(privateUrl(settings), path), headers });
  if ("unreachable" in answer) {
    return failed(`the personal API key could not be checked: ${answer.unreachable}`);
  }
  switch (answer.status) {
    case 200:
      return project === undefined ? knownKey(answer) : readProject(answer, projectToken(secrets));
    case 401:
      return failed("the personal API key is not valid at this instance_url", answer);
    case 403:
      return { result: "unverifiable", detail: `the personal API key is known, but may not read ${what(project)}` };
    case 404:
      return failed(`there is no ${project === undefined ? "such API at this instance_url" : "project of this project_id"}`, answer);
    default:
      return failed(`the personal API key could not be checked: status ${answer.status}`, answer);
  }
}

const what = (project: string | undefined): string =>
  project === undefined ? "its owner (scope user:read)" : "the project (no access, or not the scope project:read)";

const jsonObject = z.looseObject({ api_token: z.string().optional() });

const knownKey = (answer: ProviderAnswer): Verification =>
  jsonObject.safeParse(parseJson(answer.body)).success
    ? { result: "verified", detail: "the personal API key is valid; without project_id its project was not checked" }
    : failed("instance_url answers, but not as this provider does", answer);

/** The project says its own token: the two credentials must be of one project. What it says is not passed on. */
function readProject({ body, truncated }: ProviderAnswer, token: string | undefined): Verification {
  const { success, data } = jsonObject.safeParse(parseJson(body));
  if (!success && truncated !== true) {
    return failed("instance_url answers, but not as this provider does");
  }
  return data?.api_token !== undefined && data.api_token !== token
    ? failed("project_id names another project than the project token's")
    : { result: "verified", detail: "the personal API key may read the project" };
}

const failed = (detail: string, answer?: ProviderAnswer): Verification => ({
  result: "failed",
  detail,
  ...(answer === undefined ? {} : { answer }),
});
