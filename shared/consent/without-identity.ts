import type { DeliverableEvent } from "../events/event.ts";

/** Names, in lower case and without separators, under which sites put what identifies a visitor, a device or a click. */
const identifying = new Set([
  ..."userid uid anonymousid anonid visitorid distinctid clientid deviceid sessionid customerid memberid personid accountid".split(" "),
  ..."email mail fingerprint cookieid alias".split(" "),
  // Click ids of advertisers, and what carries a tag's cookie from site to site.
  ..."gclid gclsrc dclid gbraid wbraid fbclid msclkid ttclid twclid yclid lifatid igshid mceid ga gl hsenc hsmi vmcid epik sccid".split(
    " ",
  ),
]);

/** An event as it may leave when its visitor has not consented: without any id that lasts (spec 4.6). The daily hash stays. */
export function withoutIdentity(event: DeliverableEvent): DeliverableEvent {
  const { user_id: _user, anonymous_id: _anonymous, visitor_id: _visitor, consent: _claim, ...others } = event;
  const { event_properties, page_url, referrer } = others;
  return {
    ...others,
    ...(event_properties === undefined ? {} : { event_properties: strip(event_properties) as Record<string, unknown> }),
    ...(page_url === undefined ? {} : { page_url: stripUrl(page_url) }),
    ...(referrer === undefined ? {} : { referrer: stripUrl(referrer) }),
  };
}

const isIdentifying = (name: string): boolean => identifying.has(name.toLowerCase().replace(/[^a-z0-9]/g, ""));

/** At any depth; property values are at most some levels deep. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(strip);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !isIdentifying(name))
        .map(([name, field]) => [name, strip(field)]),
    );
  }
  return value;
}

/** Parameters of query and fragment; the rest of the URL stays as it is, letter for letter. */
function stripUrl(url: string): string {
  const [beforeFragment = "", ...fragment] = url.split("#");
  const [path = "", ...query] = beforeFragment.split("?");
  const kept = query.length === 0 ? "" : stripParameters(query.join("?"));
  const hash = fragment.join("#");
  const keptHash = hash.includes("=") ? stripParameters(hash) : hash;
  return `${path}${kept === "" ? "" : `?${kept}`}${keptHash === "" ? "" : `#${keptHash}`}`;
}

const stripParameters = (parameters: string): string =>
  parameters
    .split("&")
    .filter((parameter) => !isIdentifying(decode(parameter.split("=", 1)[0]!)))
    .join("&");

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
