import { z } from "zod";
import { type AskProvider, failed, type ProviderConfig, type Verification } from "../definition.ts";
import { parseJson, urlUnder } from "../text.ts";
import type { Settings } from "./settings.ts";

/** A key may ask 600 times an hour; a roll-up of more sites is checked in part. */
const sitesMax = 10;

/**
 * Proves the stats key and the sites by asking for a day's visitors; an event would prove nothing and stay. Sending needs no key: without
 * one a server of the tenant's own can only be seen to be there.
 */
export async function verify({ settings, secrets }: ProviderConfig<Settings>, ask: AskProvider): Promise<Verification> {
  const key = secrets["api_key_ref"]?.trim();
  if (key === undefined) {
    return isCloud(settings) ? keyless : findServer(settings, ask);
  }
  if (!/^[\x21-\x7e]{1,500}$/.test(key)) {
    return failed("the secret of api_key_ref is not an API key");
  }
  // Registered domains have no `www.`; those of events lose it there.
  const sites = settings.site_id.split(",").map((site) => site.replace(/^www\./i, ""));
  for (const site of sites.slice(0, sitesMax)) {
    const found = await verifySite(settings, site, key, ask);
    if (found.result !== "verified") {
      return found;
    }
  }
  return sites.length > sitesMax
    ? {
        result: "unverifiable",
        detail: `the key may read the first ${sitesMax} sites; the other ${sites.length - sitesMax} were not asked for`,
      }
    : { result: "verified", detail: `the key may read ${sites.length === 1 ? "the site" : `the ${sites.length} sites`}` };
}

const keyless: Verification = {
  result: "unverifiable",
  detail: "the server takes events for any domain and says 202; only a stats API key (api_key_ref) can prove that the site is there",
};

/** There is one cloud for everybody; that it is there says nothing about a config. */
const isCloud = ({ instance_url }: Settings): boolean => new URL(instance_url).hostname === "plausible.io";

const health = z.looseObject({ postgres: z.unknown() });

/** lib/plausible_web/controllers/api/external_controller.ex: its health says how its databases are, 500 when one is down. */
async function findServer({ instance_url }: Settings, ask: AskProvider): Promise<Verification> {
  const answer = await ask({ method: "GET", url: urlUnder(instance_url, "/api/health"), headers: { accept: "application/json" } });
  if ("unreachable" in answer) {
    return failed(`instance_url does not answer: ${answer.unreachable}`);
  }
  if (answer.status !== 200) {
    return failed(`there is no healthy server of this provider at instance_url: its health check answers ${answer.status}`, answer);
  }
  return health.safeParse(parseJson(answer.body)).success ? keyless : failed("instance_url answers, but not as this provider does", answer);
}

const queryAnswer = z.looseObject({ results: z.array(z.unknown()) });

/** What its answers mean: lib/plausible_web/plugs/authorize_public_api.ex. */
async function verifySite({ instance_url }: Settings, site: string, key: string, ask: AskProvider): Promise<Verification> {
  const answer = await ask({
    method: "POST",
    url: urlUnder(instance_url, "/api/v2/query"),
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ site_id: site, metrics: ["visitors"], date_range: "day" }),
  });
  if ("unreachable" in answer) {
    return failed(`instance_url does not answer: ${answer.unreachable}`);
  }
  switch (answer.status) {
    case 200:
      return queryAnswer.safeParse(parseJson(answer.body)).success
        ? { result: "verified", detail: "the key may read the site" }
        : failed("instance_url answers, but not as this provider does", answer);
    case 401:
      return failed(`the key is not valid, or has no access to the site ${site}; the provider does not say which`, answer);
    case 402:
      return failed(`the site ${site} is locked and drops events, or its plan has no stats API`, answer);
    case 404:
      return failed("there is no stats API at this instance_url", answer);
    default:
      return failed(`the key could not be checked: status ${answer.status}`, answer);
  }
}
