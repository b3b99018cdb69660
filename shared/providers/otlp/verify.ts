import { type AskProvider, failed, type ProviderAnswer, type ProviderConfig, type Verification } from "../definition.ts";
import { parseJson } from "../text.ts";
import { logsRequest } from "./logs-request.ts";
import { authorizationHeaders, type Settings } from "./settings.ts";

/** No record, so that none is left behind: success by docs/specification.md; some servers refuse it, though only after looking at who asks. */
const nothing = '{"resourceLogs":[]}';

type Answered = Awaited<ReturnType<AskProvider>>;

/**
 * Exports nothing, with the authorization and, where that is not refused, without it: what the server takes either way proves nothing
 * about the authorization.
 */
export async function verify({ settings, secrets }: ProviderConfig<Settings>, ask: AskProvider): Promise<Verification> {
  const authorization = authorizationHeaders(secrets);
  if (authorization === undefined) {
    return failed("the secret of authorization_ref is not the value of an Authorization header");
  }
  const isAuthorized = Object.keys(authorization).length > 0;
  const answer = await ask(logsRequest(settings, authorization, nothing));
  const problem = whyFailed(answer, isAuthorized);
  if (problem !== undefined) {
    return problem;
  }
  if (isAuthorized) {
    return compare(await ask(logsRequest(settings, {}, nothing)));
  }
  return isTaken(answer)
    ? { result: "verified", detail: "the server takes an export, and asks for no authorization" }
    : { result: "unverifiable", detail: "the server answers, but refuses an export without records; one with a record would stay there" };
}

function compare(withoutIt: Answered): Verification {
  if (isRefused(withoutIt)) {
    return { result: "verified", detail: "the server takes the authorization, and nothing without it" };
  }
  const other = isTaken(withoutIt) || isWithoutRecords(withoutIt) ? "treats an export without it alike" : "could not be asked without it";
  return { result: "unverifiable", detail: `the server does not refuse the authorization, but ${other}: that proves nothing about it` };
}

function whyFailed(answer: Answered, isAuthorized: boolean): Verification | undefined {
  if ("unreachable" in answer) {
    return failed(`the endpoint does not answer: ${answer.unreachable}`);
  }
  const { status } = answer;
  if (isRefused(answer)) {
    const why = isAuthorized ? "does not take the authorization" : "asks for an authorization, and the config has no authorization_ref";
    return failed(`the server ${why}`, answer);
  }
  if (status === 404 || status === 405) {
    return failed("there is no log collector at this endpoint: the base of the server's OTLP addresses, without /v1/logs", answer);
  }
  if (status === 415) {
    return failed("the server takes no JSON", answer);
  }
  if (isWithoutRecords(answer) || isTaken(answer)) {
    return undefined;
  }
  const isSuccess = status >= 200 && status < 300;
  return failed(isSuccess ? "the endpoint answers, but not as a log collector does" : `nothing could be checked: status ${status}`, answer);
}

const has = (answer: Answered, ...statuses: number[]): boolean => "status" in answer && statuses.includes(answer.status);
const isRefused = (answer: Answered): boolean => has(answer, 401, 403);
/** Loki's store wants at least one stream. */
const isWithoutRecords = (answer: Answered): boolean => has(answer, 400, 422);

/** Success may have no body; one that is there is a JSON object. */
function isTaken(answer: Answered): answer is ProviderAnswer {
  if (!("status" in answer) || answer.status < 200 || answer.status >= 300) {
    return false;
  }
  const parsed = answer.body.trim() === "" ? {} : parseJson(answer.body);
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
}
