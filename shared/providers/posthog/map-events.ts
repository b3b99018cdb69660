import type { DeliverableEvent } from "../../events/event.ts";
import type { Mapping, ProviderConfig, ProviderRequest, Verdict } from "../definition.ts";
import { urlUnder } from "../text.ts";
import { identityOf, legalId } from "./identity.ts";
import { aliasItem, eventItem, type Item, identifyItem } from "./item.ts";
import { ingestionUrl, projectToken, type Settings } from "./settings.ts";

/** 20 MB is the limit of `/batch/`, with room for what stands around the items. */
const itemsBytesMax = 19_900_000;
/** Larger events are taken and then thrown away without a word (docs/api/capture). */
const itemBytesMax = 1_000_000;

const identifyNames = ["identify", "$identify"];
const aliasNames = ["alias", "$create_alias"];
/** Names that change persons or groups instead of saying what happened. */
const reservedNames = ["$set", "$groupidentify", "$merge_dangerously"];

/** As few requests as the limits allow: a batch may mix visitors. */
export function mapEvents(events: readonly DeliverableEvent[], { settings, secrets }: ProviderConfig<Settings>): Mapping {
  const token = projectToken(secrets);
  const settled: { event: number; verdict: Verdict }[] = [];
  const batches: { items: string[]; bytes: number; events: number[] }[] = [];
  for (const [index, event] of events.entries()) {
    const item = token === undefined ? noToken : itemOf(event, settings);
    const text = "verdict" in item ? "" : JSON.stringify(item);
    const bytes = Buffer.byteLength(text) + 1;
    if ("verdict" in item || bytes > itemBytesMax) {
      settled.push({ event: index, verdict: "verdict" in item ? item : rejected(`the event has more than ${itemBytesMax} bytes`) });
      continue;
    }
    const last = batches.at(-1);
    if (last !== undefined && last.bytes + bytes <= itemsBytesMax) {
      last.items.push(text);
      last.bytes += bytes;
      last.events.push(index);
    } else {
      batches.push({ items: [text], bytes, events: [index] });
    }
  }
  const url = urlUnder(ingestionUrl(settings), "/batch/");
  return { requests: batches.map(({ items, events }) => request(url, token ?? "", items, events)), settled };
}

const request = (url: string, token: string, items: readonly string[], events: readonly number[]): ProviderRequest => ({
  method: "POST",
  url,
  headers: { "content-type": "application/json" },
  body: `{"api_key":${JSON.stringify(token)},"historical_migration":false,"batch":[${items.join(",")}]}`,
  events,
});

/** The item of an event, or why there is none: what the provider would take and not keep is settled here. */
function itemOf(event: DeliverableEvent, settings: Settings): Item | Verdict {
  const { event_name, event_properties, anonymous_id } = event;
  const isIdentify = identifyNames.includes(event_name);
  const isAlias = aliasNames.includes(event_name);
  if (reservedNames.includes(event_name)) {
    return filtered("the event's name is reserved by the provider");
  }
  if ((isIdentify || isAlias) && settings.cookieless) {
    return filtered("nobody is identified in cookieless mode");
  }
  if (event_name.trim() === "") {
    return rejected("event_name is empty");
  }
  if (!isIdentify && !isAlias) {
    return eventItem(event, identityOf(event, settings), settings);
  }
  const userId = legalId(event.user_id);
  if (userId === undefined) {
    return rejected(`${isIdentify ? "identify" : "alias"} needs a user_id that is somebody's`);
  }
  if (isIdentify) {
    return identifyItem(event, userId, settings);
  }
  const alias = legalId(event_properties?.["alias"]) ?? legalId(anonymous_id);
  return alias === undefined || alias === userId
    ? rejected("alias needs another id, as anonymous_id or the property alias")
    : aliasItem(event, userId, alias, settings);
}

const rejected = (reason: string): Verdict => ({ verdict: "rejected", reason });
const filtered = (detail: string): Verdict => ({ verdict: "suppressed", reason: "filtered", detail });
const noToken = rejected("the secret of project_token_ref is not a project token");
