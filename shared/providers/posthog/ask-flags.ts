import type { AskProvider, ProviderAnswer } from "../definition.ts";
import { urlUnder } from "../text.ts";
import { ingestionUrl, type Settings } from "./settings.ts";

/** A server's, not a browser's: the provider tells by it which flags are for whom. */
const userAgent = "analytics-gateway/1.0.0";

/**
 * One request to `/flags`. It carries nothing of where the visitor is: without `geoip_disable` our own server's place would be
 * every visitor's.
 */
export const askFlags = (
  settings: Settings,
  token: string,
  fields: Readonly<Record<string, unknown>>,
  ask: AskProvider,
): Promise<ProviderAnswer | { readonly unreachable: string }> =>
  ask({
    method: "POST",
    url: urlUnder(ingestionUrl(settings), "/flags?v=2"),
    headers: { "content-type": "application/json", "user-agent": userAgent },
    body: JSON.stringify({ api_key: token, ...fields, geoip_disable: true, evaluation_runtime: "server" }),
  });
