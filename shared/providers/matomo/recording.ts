import { createHash } from "node:crypto";
import { isbot } from "isbot";
import { z } from "zod";
import type { RecordedEvent, RecordingAnswer, RecordingEndpoints, RecordingRequest } from "../recording-endpoint.ts";
import { parseJson } from "../text.ts";

const exampleSite = "1";
const exampleToken = "e0example1matomo2write3token4abc";
/** A super user's: it is told which requests of a batch are invalid. */
const superToken = "e0example1matomo2super3token4abc";
const secondsWithoutToken = 86_400;

const address = z.union([z.ipv4(), z.ipv6()]);
const batch = z.object({
  requests: z.array(z.union([z.string(), z.record(z.string(), z.string())])),
  token_auth: z.string().optional(),
  send_image: z.unknown().optional(),
});

type Taken = "invalid" | readonly RecordedEvent[];

/** The checks of core/Tracker/Request.php, in their order: what needs a token comes before what is left out. */
function take(params: URLSearchParams, isAuthenticated: boolean): Taken {
  const has = (name: string) => (params.get(name) ?? "") !== "";
  const age = Date.now() / 1000 - Number(params.get("cdt") ?? Number.NaN);
  const needsToken = has("cip") || age >= secondsWithoutToken;
  const isWrong = params.get("idsite") !== exampleSite || (has("cid") && !/^[0-9a-f]{16}$/i.test(params.get("cid")!));
  if (isWrong || (needsToken && !isAuthenticated) || (has("cip") && !address.safeParse(params.get("cip")).success)) {
    return "invalid";
  }
  const name = nameOf(params);
  return params.get("rec") !== "1" || isbot(params.get("ua") ?? "") || name === undefined ? [] : [recordedEvent(name, params)];
}

/** What a person would look for. With `ca`, a request that nothing handles is no page view. */
function nameOf(params: URLSearchParams): string | undefined {
  const text = (name: string) => (params.get(name) ?? "").trim();
  if (text("idgoal") === "0") {
    return text("ec_id") === "" ? "cart" : "order";
  }
  const action = ["link", "download", "search"].find((name) => text(name) !== "");
  if (action === undefined && text("e_c") !== "" && text("e_a") !== "") {
    return text("e_a");
  }
  return action ?? (text("ca") === "1" ? undefined : "pageview");
}

/** Without an id, a visitor is known by a hash of what is seen. */
function recordedEvent(name: string, params: URLSearchParams): RecordedEvent {
  const [ip, userAgent, language] = ["cip", "ua", "lang"].map((one) => params.get(one) ?? undefined);
  const seen = createHash("md5")
    .update(JSON.stringify([ip, userAgent, language]))
    .digest("hex")
    .slice(0, 16);
  const id = params.get("uid") ?? params.get("cid") ?? params.get("_id") ?? seen;
  return { name, url: params.get("url") ?? undefined, visitor: { ip, user_agent: userAgent, id } };
}

const isToken = (token: string | null | undefined): boolean => token === exampleToken || token === superToken;

function answerBatch(body: string): RecordingAnswer {
  const parsed = batch.safeParse(parseJson(body));
  if (!parsed.success) {
    return { status: 400, body: aboutItself };
  }
  const { requests, token_auth, send_image } = parsed.data;
  const taken = requests.map((request) =>
    take(new URLSearchParams(typeof request === "string" ? request.split("?")[1] : request), isToken(token_auth)),
  );
  const invalid = taken.flatMap((one, at) => (one === "invalid" ? [at] : []));
  const counts = { status: "success", tracked: taken.length - invalid.length, invalid: invalid.length };
  const recorded = taken.flatMap((one) => (one === "invalid" ? [] : one));
  const isSilent = send_image === 0 || send_image === "0";
  return isSilent
    ? { status: 204, recorded }
    : { status: 200, body: token_auth === superToken ? { ...counts, invalid_indices: invalid } : counts, recorded };
}

const aboutItself = "This resource is part of Matomo. Keep full control of your data.\n";
/** An image of one pixel, as text. */
const image = "GIF89a";

function answerSingle(body: string): RecordingAnswer {
  const params = new URLSearchParams(body);
  if (params.size === 0) {
    return { status: 400, body: aboutItself };
  }
  const taken = take(params, isToken(params.get("token_auth")));
  const silent =
    params.get("send_image") === "0" ? { status: 204 } : { status: 200, headers: { "content-type": "image/gif" }, body: image };
  return taken === "invalid" ? { ...silent, status: 400 } : { ...silent, recorded: taken };
}

/** A body that says `requests` is a batch, whatever its type (plugins/BulkTracking/Tracker/Requests.php). */
const answerTracking = ({ body }: RecordingRequest): RecordingAnswer =>
  body.indexOf('"requests"') > 0 ? answerBatch(body) : answerSingle(body);

const endpoints: RecordingEndpoints = {
  exampleSettings: (instance_url) => ({
    site_id: Number(exampleSite),
    instance_url,
    credentials: { token_auth_ref: "matomo-token-auth" },
  }),
  exampleSecrets: { "matomo-token-auth": exampleToken },
  // Visits that its operator excludes count as tracked.
  refusals: { dropped: (request) => ({ ...answerTracking(request), recorded: [] }) },
  answer: (request) => {
    if (request.path !== "/matomo.php" && request.path !== "/piwik.php") {
      return undefined;
    }
    // To a GET without parameters it shows a page about itself.
    return request.method === "POST" ? answerTracking(request) : { status: 200, body: aboutItself };
  },
};

export default endpoints;
