import { type AskProvider, type ProviderAnswer, type ProviderConfig, unknownVisitorIp, type Verification } from "../definition.ts";
import { urlUnder } from "../text.ts";
import { type BatchAnswer, parseBatchAnswer } from "./batch-answer.ts";
import { authToken, type Settings } from "./settings.ts";

/**
 * Proves that there is the website and that the token may write to it, on the way that events take: a tracking request that says an
 * address, for which the token is looked at, but not `rec`, without which nothing is recorded (core/Tracker/VisitExcluded.php). The
 * reporting API would prove less: that the token may read.
 */
export async function verify({ settings, secrets }: ProviderConfig<Settings>, ask: AskProvider): Promise<Verification> {
  const token = authToken(secrets);
  if (token === undefined) {
    return failed("the secret of token_auth_ref is not a token");
  }
  const answer = await ask(question(settings, { cip: unknownVisitorIp }, token));
  if ("unreachable" in answer) {
    return failed(`instance_url does not answer: ${answer.unreachable}`);
  }
  const said = answer.status === 200 ? parseBatchAnswer(answer.body) : undefined;
  if (said === undefined) {
    return failed(`instance_url answers, but not as this provider does (status ${answer.status})`, answer);
  }
  if (said.status === "success" && said.tracked === 1) {
    return { result: "verified", detail: `the token may write to website ${settings.site_id}${moreThanNeeded(said)}` };
  }
  return said.invalid === 1 ? failed(await whyInvalid(settings, ask), answer) : failed("the server records nothing at the moment", answer);
}

/** The same without token and address tells which of the two it is. */
async function whyInvalid(settings: Settings, ask: AskProvider): Promise<string> {
  const answer = await ask(question(settings, {}));
  const said = "unreachable" in answer ? undefined : parseBatchAnswer(answer.body);
  if (said?.tracked === 1) {
    return (
      `the token may not write to website ${settings.site_id}: wrong, expired, or of a user without the permission "write"; ` +
      "servers before mid-2025 do not take tokens for secure requests only in batches"
    );
  }
  return said?.invalid === 1 ? `the server has no website ${settings.site_id}` : "the server knows the website or the token not";
}

/** Servers that queue would say yes before they look. */
function question({ instance_url, site_id }: Settings, params: Readonly<Record<string, string>>, token?: string) {
  const query = `?${new URLSearchParams({ idsite: String(site_id), apiv: "1", ...params })}`;
  return {
    method: "POST",
    url: urlUnder(instance_url, "/matomo.php?queuedtracking=0"),
    headers: { "content-type": "application/json", "user-agent": "" },
    body: JSON.stringify({ requests: [query], ...(token === undefined ? {} : { token_auth: token }) }),
  } as const;
}

const moreThanNeeded = ({ invalid_indices }: BatchAnswer): string =>
  invalid_indices === undefined ? "" : "; it is a super user's, and one that may write to this website only would do";

const failed = (detail: string, answer?: ProviderAnswer): Verification => ({
  result: "failed",
  detail,
  ...(answer === undefined ? {} : { answer }),
});
