import type { ProviderQuestion } from "../definition.ts";
import { urlUnder } from "../text.ts";
import type { Settings } from "./settings.ts";

/** An export to the config's server. */
export function logsRequest(settings: Settings, authorization: Readonly<Record<string, string>>, body: string) {
  const named = Object.entries(settings.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method: "POST",
    url: urlUnder(settings.endpoint, "/v1/logs"),
    headers: {
      ...Object.fromEntries(named),
      "content-type": "application/json",
      ...authorization,
    },
    body,
  } as const satisfies ProviderQuestion;
}
